{{/* Names and labels. Every template takes the root context of the calling chart. */}}

{{- define "metal3.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Fails with a text that begins with the path of a value, which has the chart before it where the chart is part of another: list of context, text. */}}
{{- define "metal3.refuse" -}}
{{- $chart := (index . 0).Chart -}}
{{- fail (printf "%s%s" (ternary "" (printf "%s." $chart.Name) $chart.IsRoot) (index . 1)) -}}
{{- end -}}

{{- define "metal3.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "metal3.labels" -}}
{{ include "metal3.selectorLabels" . }}
app.kubernetes.io/version: {{ default .Chart.Version .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: metal3
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "metal3.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "metal3.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* registry/repository@digest, or registry/repository:tag with the chart's appVersion as default tag. A registry of the chart wins over that of all. */}}
{{- define "metal3.image" -}}
{{- $image := .image -}}
{{- $name := $image.repository -}}
{{- with default (default dict .root.Values.global).imageRegistry $image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Secrets for the registries of this chart and of all, as a list. */}}
{{- define "metal3.imagePullSecrets" -}}
{{- concat .Values.imagePullSecrets (default list (default dict .Values.global).imagePullSecrets) | uniq | toYaml -}}
{{- end -}}

{{/* The name of what has no namespace of its own, told apart from other releases'. */}}
{{- define "metal3.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "metal3.fullname" .) -}}
{{- end -}}

{{/*
The ports that are served, by name: all of .Values.ports but those of webhooks and gRPC where these are not served to others, and
https.port where there is a certificate for it.
*/}}
{{- define "metal3.ports" -}}
{{- $ports := deepCopy .Values.ports -}}
{{- if and (hasKey .Values "webhook") (not .Values.webhook.enabled) }}{{ $_ := unset $ports "webhook" }}{{ end -}}
{{- if not .Values.tls.secretName }}{{ $_ := unset $ports "grpc" }}{{ end -}}
{{- $https := default dict .Values.https -}}
{{- if and $https.secretName $https.port }}{{ $_ := set $ports "https" $https.port }}{{ end -}}
{{- toYaml $ports -}}
{{- end -}}
