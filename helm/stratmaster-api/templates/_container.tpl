{{/*
The one container of a workload's pods.

The command replaces the images' own: those of docker/* end in a module that doesn't exist, or bind 127.0.0.1
(facts.md 2.1). Idle connections stay open for longer than those who hold them keep theirs (Envoy an hour, ingress-nginx a
minute), so that a request never meets a connection that is just being closed.

preStop holds SIGTERM back until gateways and nodes have seen that the endpoint is gone. It is `exec` because the `sleep`
action came only with Kubernetes 1.30 (stable in 1.34); every image has /bin/sleep, being made from python:3.13-slim.
*/}}
{{- define "stratmaster.container" -}}
name: {{ .workload.container }}
image: {{ include "stratmaster.image" .workload.image | quote }}
imagePullPolicy: IfNotPresent
command:
  - python
  - -m
  - uvicorn
  - {{ .workload.module }}:create_app
  - --factory
  - --host=0.0.0.0
  - --port={{ int .workload.port }}
  - --timeout-keep-alive=3660
  - --timeout-graceful-shutdown={{ int .workload.drainSeconds }}
ports:
  - name: http
    containerPort: {{ int .workload.port }}
    protocol: TCP
{{- with .workload.configMap }}
envFrom:
  - configMapRef:
      name: {{ . }}
{{- end }}
env:
  {{- include "stratmaster.env" . | nindent 2 }}
resources:
  {{- toYaml .workload.resources | nindent 2 }}
{{- include "stratmaster.probes" . }}
lifecycle:
  preStop:
    exec:
      command: [/bin/sleep, {{ include "stratmaster.preStopSeconds" . | quote }}]
securityContext:
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- range $index, $path := .workload.writablePaths }}
  - name: writable-{{ $index }}
    mountPath: {{ $path }}
  {{- end }}
{{- end }}

{{/* uid 1001 has no home in the images; what looks for one finds the folder it may write to. */}}
{{- define "stratmaster.env" -}}
- name: HOME
  value: /tmp
{{- range $name, $value := .workload.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $secret := .workload.secretEnv }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret.name }}
      key: {{ $secret.key }}
{{- end }}
{{- end }}

{{/*
Figures: facts.md 3. All three ask /healthz, the only health path there is, which answers without touching a dependency:
a restart can't be caused by someone else's outage. Readiness is quick to take a pod out, liveness slow to kill it.
*/}}
{{- define "stratmaster.probes" }}
startupProbe:
  httpGet: {path: /healthz, port: http}
  initialDelaySeconds: 10
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 30
readinessProbe:
  httpGet: {path: /healthz, port: http}
  initialDelaySeconds: 5
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 3
livenessProbe:
  httpGet: {path: /healthz, port: http}
  initialDelaySeconds: 30
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{/* Longer than the slowest of those who route to a pod takes to drop it: 5 to 15 s from node to node. */}}
{{- define "stratmaster.preStopSeconds" -}}
15
{{- end }}
