{{/*
The check that the release works, as the Job of `helm test`, and with check.afterInstall also as the last step of install and upgrade, so
that "installed" means "usable". It runs the image's own check program: where that asks the API server, under an account of its own with
the rules of files/check-rbac.yaml; else with the arguments `args` of files/check-args.yaml, itself a template, and no account at all.
*/}}
{{- define "metal3.check" -}}
{{- if .Values.check.enabled }}
{{- $root := . -}}
{{- $name := printf "%s-check" (include "metal3.fullname" .) -}}
{{- $hooks := list "test" -}}
{{- if .Values.check.afterInstall }}{{ $hooks = list "test" "post-install" "post-upgrade" }}{{ end -}}
{{- $annotations := dict "helm.sh/hook" (join "," $hooks) "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
{{- $namespace := first (append (default list (default dict .Values.rbac).namespaces) .Release.Namespace) -}}
{{- $rules := .Files.Get "files/check-rbac.yaml" | fromYaml -}}
{{- $arguments := list (printf "--timeout=%vs" .Values.check.timeoutSeconds) -}}
{{- if $rules -}}
{{- $arguments = concat (list (printf "--namespace=%s" $namespace) (printf "--webhooks=%v" .Values.webhook.enabled)) $arguments -}}
{{- else -}}
{{- $arguments = concat (tpl (.Files.Get "files/check-args.yaml") . | fromYaml).args $arguments -}}
{{- end -}}
{{- if $rules }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
  annotations: {{- merge (dict "helm.sh/hook-weight" "-2") $annotations | toYaml | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
  annotations: {{- merge (dict "helm.sh/hook-weight" "-2") $annotations | toYaml | nindent 4 }}
rules: {{- toYaml $rules.rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
  annotations: {{- merge (dict "helm.sh/hook-weight" "-1") $annotations | toYaml | nindent 4 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }} }
subjects:
  - { kind: ServiceAccount, name: {{ $name }}, namespace: {{ .Release.Namespace }} }
---
{{- end }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
  annotations: {{- $annotations | toYaml | nindent 4 }}
spec:
  backoffLimit: 0
  activeDeadlineSeconds: {{ .Values.check.timeoutSeconds }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{ $name }}
        app.kubernetes.io/instance: {{ .Release.Name }}
    spec:
      restartPolicy: Never
      {{- if $rules }}
      serviceAccountName: {{ $name }}
      {{- end }}
      automountServiceAccountToken: {{ not (empty $rules) }}
      {{- with include "metal3.imagePullSecrets" . | fromYamlArray }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        seccompProfile: { type: RuntimeDefault }
      {{- with .Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: check
          image: {{ include "metal3.image" (dict "image" .Values.image "root" .) }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          # Instead of main.mjs, which the image runs by itself.
          command: [/nodejs/bin/node, /app/check.mjs]
          args: {{- toYaml $arguments | nindent 12 }}
          resources:
            requests: { cpu: 10m, memory: 64Mi }
            limits: { memory: 256Mi }
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
{{- end }}
{{- end -}}
