# The whole project on a machine with Python 3.11+, git and make. Every target sets up what it needs first.
#   make up        the environment on a real Kubernetes control plane on this machine
#   make test      every test
.DEFAULT_GOAL := help
.PHONY: help setup up preview render down lint test unit bench golden clean

PYTHON := $(or $(PYTHON),$(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done))
VENV := .venv
RUN := $(VENV)/bin/python -m rehearsal
# Compiled modules are kept: without them each of the many processes of an `up` or of the tests would compile all anew.
unexport PYTHONDONTWRITEBYTECODE
# The stacks a command is about; empty is all of the environment: make preview STACKS=green
STACKS ?=
OUT ?= rendered
WORKERS ?= 3

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-20s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## the virtual environment, with all that requirements*.txt name

$(VENV)/.ready: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "error: there is no Python 3.11 or newer on the PATH"; \
		echo "  Install one (Debian: apt install python3 python3-venv; macOS: brew install python)."; exit 1; }
	@echo "setting up $(VENV) with $(PYTHON)…"
	@$(PYTHON) -m venv $(VENV) || { echo "error: $(PYTHON) can't make virtual environments"; \
		echo "  Install its venv module (Debian: apt install python3-venv)."; exit 1; }
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

up: setup ## bring all stacks up, in order
	@$(RUN) up $(STACKS)

preview: setup ## what an update of all stacks would do
	@$(RUN) preview $(STACKS)

render: setup ## every object of all stacks as YAML: make render OUT=rendered
	@$(RUN) render $(STACKS) --out $(OUT)

down: setup ## take all stacks down, stop the control plane, throw its data away
	@$(RUN) destroy $(STACKS)
	@$(if $(STACKS),,$(RUN) stop --wipe)

lint: setup ## ruff, strict pyright, import-linter
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/pyright --warnings
	@$(VENV)/bin/lint-imports --no-logo

# Three workers on two cores: most of a test's time is waiting for a cluster.
test: setup ## every test, on real control planes
	@$(VENV)/bin/pytest -n $(WORKERS) --dist loadgroup

unit: setup ## the tests that need no control plane
	@$(VENV)/bin/pytest tests/settings tests/components tests/stacks

bench: setup ## the engine beside kubectl, the pack beside other scanners, backups beside the guide's, as ratios
	@missed=0; for race in benchmarks benchmarks.policies benchmarks.preview benchmarks.data benchmarks.drill; do \
		$(VENV)/bin/python -m $$race || missed=1; done; exit $$missed

golden: setup ## regenerate the golden files; review the diff
	@$(VENV)/bin/python -m tests.stacks.regenerate
	@$(VENV)/bin/python -m policies.document

clean: ## remove what set-up made (not the control plane: make down)
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis

include pipeline.mk
