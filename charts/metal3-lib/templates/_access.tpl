{{- define "metal3.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "metal3.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "metal3.labels" . | nindent 4 }}
  {{- with .Values.serviceAccount.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- end -}}

{{/*
RBAC from the rules in files/rbac.yaml, itself a template: keys `namespaced` (in every watched namespace), `release` (in the release's
own: Leases, the certificate Secret) and `cluster` (kinds without a namespace). With rbac.namespaces only those namespaces are
granted, by Roles.
*/}}
{{- define "metal3.rbac" -}}
{{- if .Values.rbac.create }}
{{- $root := . -}}
{{- $rules := tpl (.Files.Get "files/rbac.yaml") . | fromYaml -}}
{{- $name := include "metal3.fullname" . -}}
{{- $account := include "metal3.serviceAccountName" . -}}
{{- if .Values.rbac.namespaces }}
{{- range $namespace := .Values.rbac.namespaces }}
---
{{ include "metal3.role" (dict "root" $root "name" (printf "%s-watch" $name) "namespace" $namespace "rules" $rules.namespaced "account" $account) }}
{{- end }}
{{- if $rules.cluster }}
---
{{ include "metal3.clusterRole" (dict "root" $root "name" (printf "%s-%s" .Release.Namespace $name) "rules" $rules.cluster "account" $account) }}
{{- end }}
{{- else }}
---
{{ include "metal3.clusterRole" (dict "root" $root "name" (printf "%s-%s" .Release.Namespace $name) "rules" (concat $rules.namespaced (default (list) $rules.cluster)) "account" $account) }}
{{- end }}
---
{{ include "metal3.role" (dict "root" $root "name" $name "namespace" .Release.Namespace "rules" $rules.release "account" $account) }}
{{- end }}
{{- end -}}

{{/*
Roles that add the kinds of files/crds to Kubernetes' own view, edit and admin, so that whoever may use a namespace may use them there:
one of each for every kind, for those who bind them singly.
*/}}
{{- define "metal3.aggregatedRoles" -}}
{{- if and .Values.rbac.create .Values.rbac.aggregate }}
{{- $root := . -}}
{{- $read := list "get" "list" "watch" -}}
{{- $write := concat $read (list "create" "update" "patch" "delete" "deletecollection") -}}
{{- range $path, $_ := .Files.Glob "files/crds/*.yaml" }}
{{- $crd := $root.Files.Get $path | fromYaml }}
{{- range $role, $verbs := dict "view" $read "edit" $write "admin" (list "*") }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ printf "%s-%s-%s-%s" $root.Release.Namespace (include "metal3.fullname" $root) $crd.spec.names.singular $role }}
  labels:
    {{- include "metal3.labels" $root | nindent 4 }}
    rbac.authorization.k8s.io/aggregate-to-{{ $role }}: "true"
rules:
  - apiGroups: [{{ $crd.spec.group }}]
    resources: [{{ $crd.spec.names.plural }}]
    verbs: {{ toJson $verbs }}
{{- range $version := $crd.spec.versions }}
{{- if and $version.storage (hasKey (default dict $version.subresources) "status") }}
  - apiGroups: [{{ $crd.spec.group }}]
    resources: [{{ $crd.spec.names.plural }}/status]
    verbs: [get]
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "metal3.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "metal3.labels" .root | nindent 4 }}
rules: {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- include "metal3.labels" .root | nindent 4 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .name }} }
subjects:
  - { kind: ServiceAccount, name: {{ .account }}, namespace: {{ .root.Release.Namespace }} }
{{- end -}}

{{- define "metal3.clusterRole" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ .name }}
  labels: {{- include "metal3.labels" .root | nindent 4 }}
rules: {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ .name }}
  labels: {{- include "metal3.labels" .root | nindent 4 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ .name }} }
subjects:
  - { kind: ServiceAccount, name: {{ .account }}, namespace: {{ .root.Release.Namespace }} }
{{- end -}}

{{/*
CRDs as templates, because Helm never upgrades what lies in crds/. Those in .Values.convertedCrds have versions that the service
translates. All get the labels of files/crd-labels.yaml, by which clusterctl finds what it is to move.
*/}}
{{- define "metal3.crds" -}}
{{- if .Values.crds.enabled }}
{{- $root := . -}}
{{- range $path, $_ := .Files.Glob "files/crds/*.yaml" }}
{{- $crd := $root.Files.Get $path | fromYaml }}
{{- $webhook := default (dict "enabled" true) $root.Values.webhook }}
{{- if and $webhook.enabled (has $crd.metadata.name (default (list) $root.Values.convertedCrds)) }}
{{- $service := dict "name" (include "metal3.fullname" $root) "namespace" $root.Release.Namespace "path" "/convert" "port" $root.Values.ports.webhook }}
{{- $_ := set $crd.spec "conversion" (dict "strategy" "Webhook" "webhook" (dict "conversionReviewVersions" (list "v1") "clientConfig" (dict "service" $service))) }}
{{- if eq (default "" $webhook.certificates) "certManager" }}
{{- $injected := printf "%s/%s" $root.Release.Namespace (include "metal3.webhookSecret" $root) }}
{{- $_ := set $crd.metadata "annotations" (merge (dict "cert-manager.io/inject-ca-from" $injected) (default (dict) $crd.metadata.annotations)) }}
{{- end }}
{{- end }}
{{- with $root.Files.Get "files/crd-labels.yaml" }}
{{- $_ := set $crd.metadata "labels" (merge (fromYaml .) (default (dict) $crd.metadata.labels)) }}
{{- end }}
{{- if $root.Values.crds.keep }}
{{- $_ := set $crd.metadata "annotations" (merge (dict "helm.sh/resource-policy" "keep") (default (dict) $crd.metadata.annotations)) }}
{{- end }}
---
{{ toYaml $crd }}
{{- end }}
{{- end }}
{{- end -}}
