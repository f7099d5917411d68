# What the workflows in .github/ run, step by step: the same on a laptop or on another CI (docs/pull-requests.md).
.PHONY: check-policies scan trivy registry-login preview-cluster preview-embedded pull-request-comment post-comment deploy gate drift drift-issue \
	kubeconfig user-namespaces needs-stack needs-pulumi

# The order in which stacks come up.
ORDER := production blue green traffic
PULL_REQUESTS := -m rehearsal.pull_requests
# Where previews go, and the comment that is made of them.
PREVIEWS ?= previews.json
COMMENT ?= comment.md
# Where the scanners' SARIF goes, and a part that is left out.
SCAN_RESULTS ?= scan-results
SKIP ?=
# What is previewed against what, in words for the comment.
ABOUT ?=
# The commit that a branch's embedded preview is compared with; of a pull request's merge commit, the first parent.
BASE ?= HEAD^1
# The kubeconfig's context, as the stacks name it (stratmaster:cluster.context).
CONTEXT ?= stratmaster

# The pack renders releases with the helm on the PATH, as it does for the Pulumi CLI; where there is none, with the
# control plane's, which is built if it has to be.
OWN_HELM := $(VENV)/bin/python -c 'import sys; from rehearsal.control_plane import binaries; \
	print(binaries.provide(lambda line: print(line, file=sys.stderr)).paths["helm"].parent)'

check-policies: setup ## the policy pack over all stacks: make check-policies SARIF=policies.sarif JUNIT=policies.xml
	@PATH="$$PATH$$(command -v helm >/dev/null || { printf :; $(OWN_HELM); })" \
		$(VENV)/bin/python -m policies.check $(if $(SARIF),--sarif "$(SARIF)") $(if $(JUNIT),--junit "$(JUNIT)")

# Images are scanned where Trivy is: `make trivy` puts it beside the project's own programs.
scan: setup ## scanners of others over what is committed, SARIF into SCAN_RESULTS=scan-results: make scan SKIP=images
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/python -m scans $(if $(SKIP),--skip "$(SKIP)") --out "$(SCAN_RESULTS)"

trivy: setup ## Trivy, out of its image pinned in settings/scans.py, by docker
	@image="$$($(VENV)/bin/python -c 'from settings.scans import TRIVY; print(TRIVY)')" && \
		container="$$(docker create "$$image")" && \
		docker cp "$$container:/usr/local/bin/trivy" $(VENV)/bin/trivy && docker rm "$$container" >/dev/null

registry-login: ## let docker and Trivy read private images of ghcr.io, as $GITHUB_ACTOR by $GITHUB_TOKEN
	@printf '%s' "$$GITHUB_TOKEN" | docker login ghcr.io --username "$$GITHUB_ACTOR" --password-stdin

preview-cluster: needs-pulumi setup ## what an update of the cluster's stacks would do, by the Pulumi CLI, into PREVIEWS=previews.json
	@$(VENV)/bin/python $(PULL_REQUESTS) preview $(or $(STACKS),$(ORDER)) --policy-pack policies --out "$(PREVIEWS)"

preview-embedded: setup ## the same on a control plane here, with no credentials: what this checkout changes of BASE=HEAD^1
	@$(VENV)/bin/python $(PULL_REQUESTS) rehearse $(STACKS) --base "$(BASE)" --out "$(PREVIEWS)"

pull-request-comment: setup ## PREVIEWS=previews.json as COMMENT=comment.md
	@$(VENV)/bin/python $(PULL_REQUESTS) comment "$(PREVIEWS)" --about "$(ABOUT)" --out "$(COMMENT)"

# Without `setup`: what holds a token that may write runs no package's code.
post-comment: ## COMMENT=comment.md into pull request $PULL_REQUEST, in place of the last one
	@$(PYTHON) $(PULL_REQUESTS) post "$(COMMENT)"

# `up` previews first, with the pack, and stops there if a rule is broken: --skip-preview is never given.
deploy: needs-stack needs-pulumi setup $(if $(filter %traffic,$(STACK)),gate) ## update one stack of the cluster with the Pulumi CLI: make deploy STACK=green
	@pulumi up --stack "$(STACK)" --policy-pack policies --diff --yes --non-interactive

# Pulumi sees roll-outs, not answers: the health check asks every /healthz too. In maintenance nobody reaches a slot.
gate: needs-pulumi setup ## whether the slots that traffic is about to send users to are well: make deploy STACK=traffic asks it first
	@test "$$(pulumi config get stratmaster:maintenance --stack traffic 2>/dev/null)" = true || \
		$(VENV)/bin/python -m operations healthcheck --component api --component mcp --strict --context "$(CONTEXT)" \
			--weights "$$(pulumi config get stratmaster:weights --stack traffic)"

drift: needs-stack needs-pulumi setup ## whether the cluster is as a stack declares it, by the Pulumi CLI: make drift STACK=green
	@pulumi preview --stack "$(STACK)" --policy-pack policies --refresh --expect-no-changes --diff --non-interactive

drift-issue: ## open, renew or close the issue about drift: OUTCOME=failure, success
	@$(PYTHON) $(PULL_REQUESTS) drift "$(OUTCOME)"

# Ubuntu 24.04 keeps namespaces from whoever isn't root, and CI fails where the traffic tests can't have them.
user-namespaces: ## let the tests have networks of their own, on a machine that is thrown away afterwards
	@test ! -e /proc/sys/kernel/apparmor_restrict_unprivileged_userns || \
		sudo sysctl --quiet kernel.apparmor_restrict_unprivileged_userns=0

kubeconfig: ## a context for an EKS cluster, under the name that the stacks use: make kubeconfig CLUSTER=name
	@aws eks update-kubeconfig --name "$(CLUSTER)" --alias "$(CONTEXT)"

needs-stack:
	@test -n "$(STACK)" || { echo "error: the stack is missing"; \
		echo "  For instance: make deploy STACK=green; in order they are $(ORDER)."; exit 1; } >&2

needs-pulumi:
	@command -v pulumi >/dev/null || { echo "error: the Pulumi CLI is not on the PATH"; \
		echo "  Install it (pulumi.com/docs/install); make up and make preview-embedded need none."; exit 1; } >&2
