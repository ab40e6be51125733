{{/* What pods of their own need: one database, one key, and certificates to call each other. Refused here, because no pod could say it as clearly. */}}
{{- define "ironic.storeOfItsOwn" -}}
{{- if not .Values.store.secretName }}
{{- fail "store.secretName: ironic-api needs a PostgreSQL database. Create a Secret with the keys `url` (postgres://user:password@host:port/database) and `key` (openssl rand -base64 32), the same one for ironic-api and ironic-conductor, and set store.secretName to its name. For one pod with SQLite instead, add -f charts/ironic-api/profiles/tiny.yaml." }}
{{- end }}
{{- if not .Values.tls.secretName }}
{{- fail "tls.secretName: ironic-api and ironic-conductor call each other over gRPC with mutual TLS. Create a Secret with ca.crt, tls.crt and tls.key, whose certificate names ironic-api and ironic-conductor, and set tls.secretName to its name." }}
{{- end }}
{{- $_ := set .Values "secretEnv" (merge (dict "STORE_URL" (dict "name" .Values.store.secretName "key" "url")) .Values.secretEnv) }}
{{- $_ := set .Values "extraEnv" (append .Values.extraEnv (dict "name" "STORE_KEY_FILE" "value" "/etc/metal3/store/key")) }}
{{- $_ := set .Values "extraVolumes" (append .Values.extraVolumes (dict "name" "store-key" "secret" (dict "secretName" .Values.store.secretName "items" (list (dict "key" "key" "path" "key"))))) }}
{{- $_ := set .Values "extraVolumeMounts" (append .Values.extraVolumeMounts (dict "name" "store-key" "mountPath" "/etc/metal3/store" "readOnly" true)) }}
{{- end -}}

{{/* Where machines find the API: the default is loopback, and an agent that was told so never calls. */}}
{{- define "ironic.reachableApi" -}}
{{- if not (default dict .config.boot).externalApiUrl }}
{{- fail (printf "%s.boot.externalApiUrl: the agent on a machine calls ironic-api at this URL. Set it to http(s)://ADDRESS:PORT as machines reach it." .path) }}
{{- end }}
{{- end -}}
