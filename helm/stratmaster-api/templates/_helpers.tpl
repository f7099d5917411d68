{{/* Templates below take (dict "workload" <an entry of stratmaster.workloads> "root" $). */}}

{{/* What never changes in a workload's life: a Deployment's selector can't. No version, no slot. */}}
{{- define "stratmaster.selector" -}}
app.kubernetes.io/name: {{ .workload.name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "stratmaster.labels" -}}
{{ include "stratmaster.selector" . }}
app.kubernetes.io/version: {{ .workload.image.tag | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/component: {{ .workload.component }}
app.kubernetes.io/part-of: stratmaster
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
stratmaster.com/slot: {{ .root.Values.slot }}
{{- end }}

{{- define "stratmaster.metadata" -}}
name: {{ .workload.name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "stratmaster.labels" . | nindent 2 }}
{{- end }}

{{/* Takes an image. repository:tag@digest: the tag tells people, the digest decides. */}}
{{- define "stratmaster.image" -}}
{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}

{{/*
What makes running pods out of date beside their image: the config, and secrets where the workload reads any.
The hints tell Filebeat (facts.md 3.1) to keep a Python traceback with the line it belongs to.
*/}}
{{- define "stratmaster.podAnnotations" -}}
co.elastic.logs/enabled: "true"
co.elastic.logs/multiline.pattern: '^\s|^Traceback|^[\w.]+(Error|Exception|Warning)'
co.elastic.logs/multiline.negate: "false"
co.elastic.logs/multiline.match: after
{{- if .workload.configMap }}
checksum/config: {{ .root.Values.config | toJson | sha256sum }}
{{- end }}
{{- if and .workload.secretEnv .root.Values.secretsChecksum }}
checksum/secrets: {{ .root.Values.secretsChecksum | sha256sum }}
{{- end }}
{{- end }}
