{{/*
What a JSON schema can't say, refused before anything is rendered: two lines, what is wrong and how to mend it.
*/}}
{{- define "stratmaster.check" -}}
{{- include "stratmaster.checkUniqueServices" . -}}
{{- range $index, $workload := include "stratmaster.workloads" . | fromYamlArray -}}
{{- $key := eq $index 0 | ternary "" (printf "mcpServices[%d]." (sub $index 1)) -}}
{{- include "stratmaster.checkImage" (dict "workload" $workload "key" $key) -}}
{{- include "stratmaster.checkReplicas" (dict "workload" $workload "key" $key) -}}
{{- include "stratmaster.checkVariables" (dict "variables" $workload.env "key" (printf "%senv" $key)) -}}
{{- include "stratmaster.checkVariables" (dict "variables" $workload.secretEnv "key" (printf "%ssecretEnv" $key)) -}}
{{- include "stratmaster.checkGivenOnce" (dict "first" $workload.secretEnv "firstKey" (printf "%ssecretEnv" $key) "second" $workload.env "secondKey" (eq $index 0 | ternary "mcpServices" (printf "%senv" $key))) -}}
{{- end -}}
{{- include "stratmaster.checkVariables" (dict "variables" .Values.config "key" "config") -}}
{{- include "stratmaster.checkGivenOnce" (dict "first" .Values.config "firstKey" "config" "second" .Values.secretEnv "secondKey" "secretEnv") -}}
{{- include "stratmaster.checkGivenOnce" (dict "first" .Values.config "firstKey" "config" "second" (include "stratmaster.mcpUrls" . | fromYaml) "secondKey" "mcpServices") -}}
{{- end }}

{{- define "stratmaster.checkUniqueServices" -}}
{{- $taken := dict "stratmaster-api" true -}}
{{- range $index, $service := .Values.mcpServices -}}
{{- if hasKey $taken $service.name -}}
{{- fail (printf "mcpServices[%d].name: %q is already the name of another Deployment.\nGive each service a name of its own." $index $service.name) -}}
{{- end -}}
{{- $_ := set $taken $service.name true -}}
{{- end -}}
{{- end }}

{{- define "stratmaster.checkImage" -}}
{{- if not .workload.image.tag -}}
{{- fail (printf "%simage.tag is empty.\nGive the tag of %s to run, and its digest outside development." .key .workload.image.repository) -}}
{{- end -}}
{{- end }}

{{- define "stratmaster.checkReplicas" -}}
{{- if gt (int .workload.replicas.min) (int .workload.replicas.max) -}}
{{- fail (printf "%sreplicas.min (%d) is above %sreplicas.max (%d).\nLower min or raise max." .key (int .workload.replicas.min) .key (int .workload.replicas.max)) -}}
{{- end -}}
{{- end }}

{{/* Names that the older charts and docs give and no code reads (facts.md C27, C49, C50, C51): set, they change nothing, silently. */}}
{{- define "stratmaster.checkVariables" -}}
{{- $readInstead := dict
      "LANGFUSE_HOST" "LANGFUSE_SERVER_URL for the API, ROUTER_MCP_LANGFUSE_HOST for router-mcp"
      "KEYCLOAK_SERVER_URL" "STRATMASTER_OIDC_SERVER_URL"
      "KEYCLOAK_REALM" "STRATMASTER_OIDC_REALM"
      "KEYCLOAK_CLIENT_ID" "STRATMASTER_OIDC_CLIENT_ID"
      "KEYCLOAK_CLIENT_SECRET" "STRATMASTER_OIDC_CLIENT_SECRET"
      "ROUTER_MCP_BASE_URL" "ROUTER_MCP_PROVIDER_BASE_URL"
      "STRATMASTER_API_DB_URL" "DATABASE_URL" -}}
{{- $key := .key -}}
{{- range $name, $_ := .variables -}}
{{- with get $readInstead $name -}}
{{- fail (printf "%s.%s: no code of StratMaster reads this variable.\nSet %s instead." $key $name .) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A container's `env` silently wins over its `envFrom`, so one of two values would be ignored. */}}
{{- define "stratmaster.checkGivenOnce" -}}
{{- $args := . -}}
{{- range $name, $_ := .first -}}
{{- if hasKey ($args.second | default dict) $name -}}
{{- fail (printf "%s.%s is given by %s too.\nRemove it from %s." $args.firstKey $name $args.secondKey $args.firstKey) -}}
{{- end -}}
{{- end -}}
{{- end }}
