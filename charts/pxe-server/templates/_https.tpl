{{/*
Turns https.secretName into the port, the volume and the settings that follow from it. Every template calls it first; it acts once.
*/}}
{{- define "pxe-server.https" -}}
{{- with .Values.https.secretName -}}
{{- if not (hasKey $.Values.ports "https") -}}
{{- $own := default dict $.Values.config.https -}}
{{- if not $own.url -}}{{ fail "https.secretName: set config.https.url too, the URL under which BMCs reach the port https" }}{{- end -}}
{{- $follows := dict "listen" (printf "0.0.0.0:%d" (int $.Values.https.port)) "certFile" "/etc/metal3/https/tls.crt" "keyFile" "/etc/metal3/https/tls.key" -}}
{{- $_ := set $.Values.config "https" (mergeOverwrite $follows $own) -}}
{{- $_ := set $.Values.ports "https" (int $.Values.https.port) -}}
{{- $_ := set $.Values "extraVolumes" (append $.Values.extraVolumes (dict "name" "https" "secret" (dict "secretName" .))) -}}
{{- $_ := set $.Values "extraVolumeMounts" (append $.Values.extraVolumeMounts (dict "name" "https" "mountPath" "/etc/metal3/https" "readOnly" true)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
