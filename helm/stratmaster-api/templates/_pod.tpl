{{/*
A workload's pod, at Pod Security level "restricted" with a read-only root. uid 1001: facts.md C44.

Service links stay off: for a Service named research-mcp they set RESEARCH_MCP_PORT=tcp://…, a variable the code reads itself.
The spread counts the pods of one ReplicaSet only (pod-template-hash), or a rolling update would balance new pods against old
ones and leave them lopsided. It is a wish: with a zone gone, pods must still find a place.
*/}}
{{- define "stratmaster.pod" -}}
serviceAccountName: {{ .root.Values.serviceAccount }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecret }}
imagePullSecrets:
  - name: {{ . }}
{{- end }}
terminationGracePeriodSeconds: {{ include "stratmaster.gracePeriodSeconds" . }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1001
  runAsGroup: 1001
  fsGroup: 1001
  seccompProfile:
    type: RuntimeDefault
topologySpreadConstraints:
  {{- $context := . }}
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "stratmaster.selector" $context | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
containers:
  - {{ include "stratmaster.container" . | indent 4 | trim }}
volumes:
  {{- /* No size limits of their own: the container's ephemeral-storage limit counts them all. */}}
  - name: tmp
    emptyDir: {}
  {{- range $index, $_ := .workload.writablePaths }}
  - name: writable-{{ $index }}
    emptyDir: {}
  {{- end }}
{{- end }}

{{/* preStop, then the requests still running, then 5 s for the application's own shutdown before SIGKILL. */}}
{{- define "stratmaster.gracePeriodSeconds" -}}
{{ add (include "stratmaster.preStopSeconds" . | int) (int .workload.drainSeconds) 5 }}
{{- end }}
