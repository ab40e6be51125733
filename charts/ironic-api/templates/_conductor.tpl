{{/* The configuration file of the conductor in this pod, as an entry of the ConfigMap; empty where conductors are pods of their own. */}}
{{- define "ironic-api.conductorConfig" -}}
{{- if .Values.conductor.enabled }}
{{- $tls := dict }}
{{- if .Values.tls.secretName }}{{ $tls = .Files.Get "files/conductor-tls-config.yaml" | fromYaml }}{{ end }}
{{- printf "conductor.yaml: |\n%s" (toYaml (mergeOverwrite $tls .Values.conductor.config) | indent 2) }}
{{- end }}
{{- end -}}
