{{/*
"lease" where replicas agree by a Kubernetes Lease on who answers DHCP, else empty: with more than one replica always. Acts on the settings and the
service account on the way.
*/}}
{{- define "pxe-server.duty" -}}
{{- $dhcp := default dict .Values.config.dhcp -}}
{{- $serves := or (eq (default "off" $dhcp.mode) "server") (eq (default "off" (default dict .Values.config.dhcp6).mode) "server") -}}
{{- $own := default dict .Values.config.dhcpDuty -}}
{{- if and $serves (gt (int .Values.replicas) 1) -}}
{{- if eq (default "lease" $own.by) "configuration" -}}
{{- include "metal3.refuse" (list . "config.dhcpDuty.by: only one server may give addresses on a subnet; leave it out, so that the replicas elect one, or use replicas: 1") -}}
{{- end -}}
{{- if and (eq (default "off" $dhcp.mode) "server") (not (contains "/" (default "" $dhcp.listen))) -}}
{{- include "metal3.refuse" (list . "config.dhcp.listen: replicas run on different nodes; name the network, as 192.0.2.0/24, in which each finds its node's address") -}}
{{- end -}}
{{- $dhcp6 := default dict .Values.config.dhcp6 -}}
{{- if and (eq (default "off" $dhcp6.mode) "server") (not (contains "/" (default "" $dhcp6.address))) -}}
{{- include "metal3.refuse" (list . "config.dhcp6.address: replicas run on different nodes; name the network, as 2001:db8::/64, in which each finds its node's address") -}}
{{- end -}}
{{- $_ := set .Values.config "dhcpDuty" (mergeOverwrite (dict "by" "lease" "lease" (printf "%s-dhcp" (include "metal3.fullname" .))) $own) -}}
{{- end -}}
{{- if and $serves (eq (default "" (default dict .Values.config.dhcpDuty).by) "lease") -}}
{{- $_ := set .Values.serviceAccount "automount" true -}}
lease
{{- end -}}
{{- end -}}
