{{- define "metal3.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "metal3.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
  {{- with .Values.service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .Values.service.type }}
  selector: {{- include "metal3.selectorLabels" . | nindent 4 }}
  ports:
    {{- range $name, $port := include "metal3.ports" . | fromYaml }}
    - { name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}, protocol: TCP }
    {{- end }}
{{- end -}}

{{/*
Ingress only on the declared ports; the metrics port only from peers that .Values.networkPolicy.metricsFrom selects. With
networkPolicy.egress.enabled also egress: DNS, and the ports listed there, of which one is the API server's.
*/}}
{{- define "metal3.networkPolicy" -}}
{{- if .Values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "metal3.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "metal3.selectorLabels" . | nindent 6 }}
  {{- $egress := default dict .Values.networkPolicy.egress }}
  policyTypes: {{ ternary (list "Ingress" "Egress") (list "Ingress") (default false $egress.enabled) | toJson }}
  ingress:
    {{- range $name, $port := include "metal3.ports" . | fromYaml }}
    - ports: [{ port: {{ $port }}, protocol: TCP }]
      {{- if and (eq $name "health") $.Values.networkPolicy.metricsFrom }}
      from:
        {{- toYaml $.Values.networkPolicy.metricsFrom | nindent 8 }}
        {{- if and (default dict $.Values.check).enabled ($.Files.Get "files/check-args.yaml") }}
        # The check of the release.
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: {{ include "metal3.fullname" $ }}-check
              app.kubernetes.io/instance: {{ $.Release.Name }}
        {{- end }}
      {{- end }}
    {{- end }}
  {{- if $egress.enabled }}
  egress:
    - ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
    {{- range $egress.ports }}
    - ports: [{ port: {{ . }}, protocol: TCP }]
    {{- end }}
    {{- with $egress.extra }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "metal3.podDisruptionBudget" -}}
{{- if and .Values.podDisruptionBudget.enabled (gt (int .Values.replicas) 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "metal3.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "metal3.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end -}}
