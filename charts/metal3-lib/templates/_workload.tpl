{{/*
One service as a Deployment. Ports come from .Values.ports (name to number); "health" is always there and serves probes and metrics.
The container is called as the chart, or as .Values.containerName says. The pod is non-root with a read-only root file system and no capabilities but those in .Values.addCapabilities.
*/}}
{{- define "metal3.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "metal3.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  strategy: {{- toYaml .Values.strategy | nindent 4 }}
  selector:
    matchLabels: {{- include "metal3.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "metal3.labels" . | nindent 8 }}
        {{- with .Values.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      annotations:
        checksum/config: {{ printf "%s%s" (include "metal3.config" .) (default "" .extraConfig) | sha256sum }}
        {{- with .Values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      serviceAccountName: {{ include "metal3.serviceAccountName" . }}
      automountServiceAccountToken: {{ .Values.serviceAccount.automount }}
      terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
      {{- with include "metal3.imagePullSecrets" . | fromYamlArray }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- if .Values.hostNetwork }}
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- end }}
      securityContext:
        {{- /* Kubernetes gives a capability to root only: .Values.runAsRoot is set by charts whose service needs one. */}}
        runAsNonRoot: {{ not (default false .Values.runAsRoot) }}
        runAsUser: {{ ternary 0 65532 (default false .Values.runAsRoot) }}
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile: { type: RuntimeDefault }
      {{- with .Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .Values.topologySpreadConstraints }}
      topologySpreadConstraints: {{- toYaml .Values.topologySpreadConstraints | nindent 8 }}
      {{- else if gt (int .Values.replicas) 1 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "metal3.selectorLabels" . | nindent 14 }}
      {{- end }}
      containers:
        {{- include "metal3.container" (dict "root" . "name" (default .Chart.Name .Values.containerName) "values" .Values "ports" (include "metal3.ports" . | fromYaml) "tlsSecret" .Values.tls.secretName "webhookSecret" (include "metal3.webhookSecret" .) "secrets" (include "metal3.secrets" . | fromYamlArray)) | nindent 8 }}
        {{- with .sidecars }}{{ . | nindent 8 }}{{ end }}
        {{- with .Values.extraContainers }}{{ toYaml . | nindent 8 }}{{ end }}
      volumes:
        {{- include "metal3.volumes" (dict "values" .Values "name" .Chart.Name "config" (include "metal3.fullname" .) "secrets" (include "metal3.secrets" . | fromYamlArray)) | nindent 8 }}
        {{- with include "metal3.webhookSecret" . }}
        - name: webhook-certificates
          secret: { secretName: {{ . }} }
        {{- end }}
{{- end -}}

{{/* A container of one service: dict root, name, values (image, ports, env ...), ports (if fewer than the values'), tlsSecret, webhookSecret, secrets. */}}
{{- define "metal3.container" -}}
- name: {{ .name }}
  image: {{ include "metal3.image" (dict "image" .values.image "root" .root) }}
  imagePullPolicy: {{ .values.image.pullPolicy }}
  args:
    - --config=/etc/metal3/config/{{ default "config.yaml" .file }}
    {{- with .values.extraArgs }}{{ toYaml . | nindent 4 }}{{ end }}
  env:
    - name: POD_NAME
      valueFrom: { fieldRef: { fieldPath: metadata.name } }
    - name: POD_NAMESPACE
      valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
    - name: POD_IP
      valueFrom: { fieldRef: { fieldPath: status.podIP } }
    {{- range $variable, $secret := .values.secretEnv }}
    - name: {{ $variable }}
      valueFrom: { secretKeyRef: { name: {{ $secret.name }}, key: {{ $secret.key }} } }
    {{- end }}
    {{- range $mounted := .secrets }}
    {{- range $variable, $key := $mounted.env }}
    - name: {{ $variable }}
      valueFrom: { secretKeyRef: { name: {{ $mounted.secretName }}, key: {{ $key }} } }
    {{- end }}
    {{- end }}
    {{- with .values.extraEnv }}{{ toYaml . | nindent 4 }}{{ end }}
  ports:
    {{- range $name, $port := default .values.ports .ports }}
    - { name: {{ $name }}, containerPort: {{ $port }}, protocol: TCP }
    {{- end }}
  startupProbe: { httpGet: { path: /healthz, port: {{ default "health" .healthPort }} }, periodSeconds: 2, failureThreshold: 60 }
  livenessProbe: { httpGet: { path: /healthz, port: {{ default "health" .healthPort }} }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
  readinessProbe: { httpGet: { path: /readyz, port: {{ default "health" .healthPort }} }, periodSeconds: 5, timeoutSeconds: 5 }
  resources: {{- toYaml .values.resources | nindent 4 }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: [ALL]
      {{- with .values.addCapabilities }}
      add: {{- toYaml . | nindent 8 }}
      {{- end }}
  volumeMounts:
    - { name: config, mountPath: /etc/metal3/config, readOnly: true }
    - { name: tmp, mountPath: /tmp }
    {{- if .tlsSecret }}
    - { name: tls, mountPath: /etc/metal3/tls, readOnly: true }
    {{- end }}
    {{- if .webhookSecret }}
    - { name: webhook-certificates, mountPath: /etc/metal3/webhook-certificates, readOnly: true }
    {{- end }}
    {{- range .secrets }}
    - { name: {{ .name }}, mountPath: {{ .mountPath }}, readOnly: true }
    {{- end }}
    {{- if .values.persistence }}
    - { name: data, mountPath: {{ .values.persistence.mountPath }} }
    {{- end }}
    {{- with .values.extraVolumeMounts }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end -}}

{{- define "metal3.volumes" -}}
- name: config
  configMap: { name: {{ .config }} }
- name: tmp
  emptyDir: {}
{{- with .values.tls.secretName }}
- name: tls
  secret: { secretName: {{ . }} }
{{- end }}
{{- range .secrets }}
- name: {{ .name }}
  secret: {{- dict "secretName" .secretName | merge (ternary (dict "items" .items) dict (hasKey . "items")) | toYaml | nindent 4 }}
{{- end }}
{{- with .values.persistence }}
- name: data
  {{- if .existingClaim }}
  persistentVolumeClaim: { claimName: {{ .existingClaim }} }
  {{- else if .create }}
  persistentVolumeClaim: { claimName: {{ $.config }} }
  {{- else }}
  emptyDir: { sizeLimit: {{ .size }} }
  {{- end }}
{{- end }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "metal3.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "metal3.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
data:
  config.yaml: |
    {{- include "metal3.config" . | nindent 4 }}
  {{- with .extraConfig }}{{ . | nindent 2 }}{{ end }}
{{- end -}}

{{/*
The service's configuration: values over what follows from tls.secretName and other Secrets, from webhook and from the watched namespace.
*/}}
{{- define "metal3.config" -}}
{{- $tls := dict -}}
{{- if .Values.tls.secretName }}{{ $tls = .Files.Get "files/tls-config.yaml" | fromYaml }}{{ end -}}
{{- $follows := dict -}}
{{- range include "metal3.secrets" . | fromYamlArray }}{{ $follows = mergeOverwrite $follows (default dict .config) }}{{ end -}}
{{- $managed := include "metal3.webhookConfig" . | fromYaml -}}
{{- if and $managed .Values.config.webhooks }}{{ include "metal3.refuse" (list . "config.webhooks: set webhook instead; the service's own settings follow from it") }}{{ end -}}
{{- $watched := dict -}}
{{- $namespaces := default list (default dict .Values.rbac).namespaces -}}
{{- if $namespaces }}{{ $watched = dict "kubernetes" (dict "namespace" (join "," $namespaces)) }}{{ end -}}
{{- toYaml (mergeOverwrite (deepCopy $tls) $follows $managed $watched .Values.config) -}}
{{- end -}}

{{/* The claim behind .Values.persistence, where it is to be made. */}}
{{- define "metal3.persistentVolumeClaim" -}}
{{- $persistence := default dict .Values.persistence -}}
{{- if and $persistence.create (not $persistence.existingClaim) }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "metal3.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
  {{- if $persistence.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
spec:
  accessModes: [{{ default "ReadWriteOnce" $persistence.accessMode }}]
  {{- with $persistence.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests: { storage: {{ $persistence.size }} }
{{- end }}
{{- end -}}
