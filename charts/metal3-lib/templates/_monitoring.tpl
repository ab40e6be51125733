{{/* What the Prometheus operator reads; rendered only where its kinds are served. Labels of the metrics themselves win over the target's. */}}

{{- define "metal3.scrape" -}}
- port: health
  path: /metrics
  honorLabels: true
  {{- with .Values.monitoring.interval }}
  interval: {{ . }}
  {{- end }}
{{- end -}}

{{- define "metal3.monitoringMetadata" -}}
name: {{ include "metal3.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "metal3.labels" . | nindent 2 }}
  {{- with .Values.monitoring.labels }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end -}}

{{- define "metal3.serviceMonitor" -}}
{{- if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}
{{- if .Values.monitoring.serviceMonitor }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{- include "metal3.monitoringMetadata" . | nindent 2 }}
spec:
  selector:
    matchLabels: {{- include "metal3.selectorLabels" . | nindent 6 }}
  endpoints: {{- include "metal3.scrape" . | nindent 4 }}
{{- end }}
{{- if .Values.monitoring.podMonitor }}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {{- include "metal3.monitoringMetadata" . | nindent 2 }}
spec:
  selector:
    matchLabels: {{- include "metal3.selectorLabels" . | nindent 6 }}
  podMetricsEndpoints: {{- include "metal3.scrape" . | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Alerts from files/alerts.yaml, each with the address of its runbook. */}}
{{- define "metal3.prometheusRule" -}}
{{- if and .Values.monitoring.rules (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") }}
{{- $root := . -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {{- include "metal3.monitoringMetadata" . | nindent 2 }}
spec:
  groups:
    - name: {{ include "metal3.fullname" . }}
      rules:
        {{- range (.Files.Get "files/alerts.yaml" | fromYaml).alerts }}
        - alert: {{ .alert }}
          expr: {{ .expr | quote }}
          for: {{ .for }}
          labels: { severity: {{ .severity }} }
          annotations:
            summary: {{ .summary | quote }}
            description: {{ .description | quote }}
            runbook_url: {{ printf "%s/%s.md" $root.Values.monitoring.runbooks .alert | quote }}
        {{- end }}
{{- end }}
{{- end -}}

{{/* A dashboard that Grafana's sidecar picks up by the label. */}}
{{- define "metal3.dashboard" -}}
{{- if .Values.monitoring.dashboard }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "metal3.fullname" . }}-dashboard
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "metal3.labels" . | nindent 4 }}
    grafana_dashboard: "1"
data:
  {{ .Chart.Name }}.json: {{ .Files.Get "files/dashboard.json" | toJson }}
{{- end }}
{{- end -}}
