{{/* What no default can be right for: refused here, because no pod could say it as clearly. */}}
{{- define "pxe-server.reachable" -}}
{{- if not (default dict .Values.config.http).url -}}
{{- include "metal3.refuse" (list . "config.http.url: machines and BMCs fetch from pxe-server at this URL. Set it to http://ADDRESS:PORT as they reach it.") -}}
{{- end -}}
{{- if not (or .Values.tls.secretName (default dict .Values.config.ironicApi).address) -}}
{{- include "metal3.refuse" (list . "tls.secretName: pxe-server asks ironic-api over gRPC with mutual TLS what machines boot. Create a Secret with ca.crt, tls.crt and tls.key, whose certificate has the common name metal3 and names pxe-server, and set tls.secretName to its name.") -}}
{{- end -}}
{{- if and .Values.https.secretName (not (default dict .Values.config.https).url) -}}
{{- include "metal3.refuse" (list . "https.secretName: set config.https.url too, the URL under which BMCs reach the port https") -}}
{{- end -}}
{{- end -}}
