{{/*
Every Deployment of a slot, as a YAML list: the API and then each MCP service. All templates range over it, so that
what is hardened, probed and drained once is so for all.

CPU and memory targets: facts.md 3.1. MCP services drain for 30 s: the API gives up on a call to them after 10 s (facts.md 2.4).
*/}}
{{- define "stratmaster.workloads" -}}
{{- $api := dict
      "name" "stratmaster-api"
      "component" "api"
      "container" "api"
      "module" "stratmaster_api.app"
      "port" 8080
      "servicePort" 80
      "image" .Values.image
      "replicas" .Values.replicas
      "targets" (list (dict "resource" "cpu" "percent" 70) (dict "resource" "memory" "percent" 80))
      "resources" .Values.resources
      "configMap" "stratmaster-config"
      "env" (include "stratmaster.mcpUrls" . | fromYaml)
      "secretEnv" .Values.secretEnv
      "writablePaths" .Values.writablePaths
      "drainSeconds" .Values.drainSeconds -}}
{{- $workloads := list $api -}}
{{- range .Values.mcpServices -}}
{{- $fixed := dict
      "component" "mcp"
      "container" .name
      "servicePort" .port
      "targets" (list (dict "resource" "cpu" "percent" 75))
      "drainSeconds" 30 -}}
{{- $workloads = append $workloads (merge $fixed (deepCopy .) (deepCopy $.Values.mcpDefaults)) -}}
{{- end -}}
{{- toYaml $workloads -}}
{{- end }}

{{/* Where the API finds the MCP services: research-mcp on 8081 is RESEARCH_MCP_URL, http://research-mcp:8081. */}}
{{- define "stratmaster.mcpUrls" -}}
{{- range .Values.mcpServices }}
{{ include "stratmaster.mcpUrlName" .name }}: http://{{ .name }}:{{ int .port }}
{{- end }}
{{- end }}

{{- define "stratmaster.mcpUrlName" -}}
{{ . | replace "-" "_" | upper }}_URL
{{- end }}
