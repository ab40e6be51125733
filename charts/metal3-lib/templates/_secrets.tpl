{{/*
Secrets that a chart mounts by values of its own, from files/secrets.yaml, itself a template: key `secrets`, a list of name (of the
volume), secretName, mountPath, items (if not all), env (variable to key) and config (settings of the service that follow).
*/}}
{{- define "metal3.secrets" -}}
{{- with .Files.Get "files/secrets.yaml" -}}
{{- (tpl . $ | fromYaml).secrets | default list | toYaml -}}
{{- else -}}
[]
{{- end -}}
{{- end -}}
