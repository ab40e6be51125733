{{/*
What ironic-api and ironic-conductor share where they are pods of their own: one database, one key, and certificates to call each other.
Refused here, because no pod could say it as clearly.
*/}}
{{- define "metal3.ironicPodOfItsOwn" -}}
{{- if not .Values.store.secretName }}
{{- include "metal3.refuse" (list . (printf "store.secretName: %s needs a PostgreSQL database. Create a Secret with the keys `url` (postgres://user:password@host:port/database) and `key` (openssl rand -base64 32), the same one for ironic-api and ironic-conductor, and set store.secretName to its name. For one pod with SQLite instead, install ironic-api alone, with profiles/tiny.yaml of the chart." .Chart.Name)) }}
{{- end }}
{{- if not .Values.tls.secretName }}
{{- include "metal3.refuse" (list . "tls.secretName: ironic-api and ironic-conductor call each other over gRPC with mutual TLS. Create a Secret with ca.crt, tls.crt and tls.key, whose certificate names ironic-api and ironic-conductor, and set tls.secretName to its name.") }}
{{- end }}
{{- end -}}

{{/* For files/secrets.yaml: the Secret of the store. */}}
{{- define "metal3.ironicStoreSecret" -}}
- name: store-key
  secretName: {{ .Values.store.secretName }}
  mountPath: /etc/metal3/store
  items: [{ key: key, path: key }]
  env: { STORE_URL: url }
  config: { store: { keyFile: /etc/metal3/store/key } }
{{- end -}}

{{/* Where machines find the API: the default is loopback, and an agent that was told so never calls. */}}
{{- define "metal3.reachableIronicApi" -}}
{{- if not (default dict .config.boot).externalApiUrl }}
{{- include "metal3.refuse" (list .root (printf "%s.boot.externalApiUrl: the agent on a machine calls ironic-api at this URL. Set it to http(s)://ADDRESS:PORT as machines reach it." .path)) }}
{{- end }}
{{- end -}}
