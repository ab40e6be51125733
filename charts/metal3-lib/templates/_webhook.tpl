{{/*
Webhooks by .Values.webhook: enabled, certificates (selfSigned: made and renewed by the service; certManager: by a Certificate of this
chart; existingSecret: tls.crt, tls.key and ca.crt kept by somebody else), and how the API server is to call them.
*/}}

{{/* The Secret that is mounted into the pod; empty where the service keeps its certificates itself, or has none. */}}
{{- define "metal3.webhookSecret" -}}
{{- $webhook := default dict .Values.webhook -}}
{{- if $webhook.enabled -}}
{{- if eq $webhook.certificates "certManager" -}}
{{- printf "%s-webhook-certificates" (include "metal3.fullname" .) -}}
{{- else if eq $webhook.certificates "existingSecret" -}}
{{- required "webhook.secretName: name the Secret that holds tls.crt, tls.key and ca.crt, or choose other webhook.certificates" $webhook.secretName -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "metal3.webhookConfig" -}}
{{- $webhook := default dict .Values.webhook -}}
{{- if $webhook.enabled }}
webhooks:
  port: {{ .Values.ports.webhook }}
  host: 0.0.0.0
  names: [{{ include "metal3.fullname" . }}.{{ .Release.Namespace }}.svc]
  configuration: {{ include "metal3.clusterName" . }}
  {{- if eq $webhook.certificates "selfSigned" }}
  secretName: {{ include "metal3.fullname" . }}-webhook-certificates
  {{- else }}
  certDir: /etc/metal3/webhook-certificates
  trustCertDir: {{ eq $webhook.certificates "existingSecret" }}
  {{- end }}
{{- else if $webhook }}
webhooks: { port: 0 }
{{- end }}
{{- end -}}

{{/* Rules for files/rbac.yaml, key `cluster`: the caBundle is written by the service but where cert-manager does it. */}}
{{- define "metal3.webhookTrustRules" -}}
{{- $webhook := default dict .Values.webhook -}}
{{- if and $webhook.enabled (ne $webhook.certificates "certManager") }}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations, mutatingwebhookconfigurations]
  resourceNames: [{{ include "metal3.clusterName" . }}]
  verbs: [get, patch]
{{- end }}
{{- end -}}

{{/* Rules for files/rbac.yaml, key `release`: the Secret by which replicas share certificates of their own. */}}
{{- define "metal3.webhookSecretRules" -}}
{{- $webhook := default dict .Values.webhook -}}
{{- if and $webhook.enabled (eq $webhook.certificates "selfSigned") }}
- apiGroups: ['']
  resources: [secrets]
  verbs: [create]
- apiGroups: ['']
  resources: [secrets]
  resourceNames: [{{ include "metal3.fullname" . }}-webhook-certificates]
  verbs: [get, patch]
{{- end }}
{{- end -}}

{{/* Both registrations, from files/webhooks.yaml: keys `mutating` and `validating`, lists of name, path, group, version, resource and, where it is not CREATE and UPDATE, operations. */}}
{{- define "metal3.webhooks" -}}
{{- if .Values.webhook.enabled }}
{{- $root := . -}}
{{- range $type, $webhooks := .Files.Get "files/webhooks.yaml" | fromYaml }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: {{ title $type }}WebhookConfiguration
metadata:
  name: {{ include "metal3.clusterName" $root }}
  labels: {{- include "metal3.labels" $root | nindent 4 }}
  {{- if eq $root.Values.webhook.certificates "certManager" }}
  annotations:
    cert-manager.io/inject-ca-from: {{ $root.Release.Namespace }}/{{ include "metal3.webhookSecret" $root }}
  {{- end }}
webhooks:
  {{- range $webhooks }}
  - name: {{ .name }}
    clientConfig:
      service:
        name: {{ include "metal3.fullname" $root }}
        namespace: {{ $root.Release.Namespace }}
        path: {{ .path }}
        port: {{ $root.Values.ports.webhook }}
    rules:
      - { operations: [{{ default (list "CREATE" "UPDATE") .operations | join ", " }}], apiGroups: [{{ .group }}], apiVersions: [{{ .version }}], resources: [{{ .resource }}] }
    matchPolicy: Equivalent
    sideEffects: None
    admissionReviewVersions: [v1]
    failurePolicy: {{ $root.Values.webhook.failurePolicy }}
    timeoutSeconds: {{ $root.Values.webhook.timeoutSeconds }}
    matchConditions:
      # What the service writes itself is right by construction, and must not wait for a replica that answers.
      - name: written-by-others
        expression: request.userInfo.username != "system:serviceaccount:{{ $root.Release.Namespace }}:{{ include "metal3.serviceAccountName" $root }}"
      {{- with $root.Values.webhook.matchConditions }}{{ toYaml . | nindent 6 }}{{ end }}
    {{- with $root.Values.rbac.namespaces }}
    namespaceSelector:
      matchExpressions:
        - { key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }} }
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "metal3.certificate" -}}
{{- if and .Values.webhook.enabled (eq .Values.webhook.certificates "certManager") }}
{{- $name := include "metal3.fullname" . -}}
{{- if not .Values.webhook.issuerRef }}
apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  name: {{ $name }}-webhook
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
spec:
  selfSigned: {}
---
{{- end }}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ include "metal3.webhookSecret" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
spec:
  secretName: {{ include "metal3.webhookSecret" . }}
  dnsNames:
    - {{ $name }}.{{ .Release.Namespace }}.svc
    - {{ $name }}.{{ .Release.Namespace }}.svc.cluster.local
  issuerRef: {{- default (dict "kind" "Issuer" "name" (printf "%s-webhook" $name)) .Values.webhook.issuerRef | toYaml | nindent 4 }}
  privateKey: { algorithm: ECDSA, size: 256, rotationPolicy: Always }
{{- end }}
{{- end -}}
