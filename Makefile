# The same short commands for people and for CI. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
VENV := .venv
PYTHON ?= python3
PY := $(VENV)/bin/python

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/run: backend/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Rowmill needs Python 3.11 or newer; $(PYTHON) is older. Name another one: make PYTHON=python3.12 …"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Rowmill needs into $(VENV) (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r backend/requirements.txt
	@touch $@

$(VENV)/test: tests/requirements.txt $(VENV)/run
	@echo "Installing what the tests need into $(VENV) (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.txt
	@touch $@

# The sidebar's types and accessibility are checked by tools of Node's; the tests say so where it is missing.
tests/appsscript/node_modules: tests/appsscript/package-lock.json
	@if command -v npm >/dev/null; then echo "Installing what the sidebar's tests need of Node's (once) …"; npm ci --silent --prefix tests/appsscript && touch $@; fi

run: $(VENV)/run ## Start everything on this machine with the sample sheet (PORT= FILE= CASE=a|b SHEET= DATA= LATENCY_MS= WEB=standin|live)
	@exec $(PY) -m backend.local --with-parent run $(if $(PORT),--port "$(PORT)") $(if $(FILE),--file "$(FILE)") $(if $(CASE),--case "$(CASE)") $(if $(SHEET),--sheet "$(SHEET)") $(if $(DATA),--data "$(DATA)") $(if $(WEB),--web "$(WEB)") $(if $(LATENCY_MS),--latency-ms "$(LATENCY_MS)")

enrich: $(VENV)/run ## Run a CSV or XLSX through the pipeline (IN= OUT= CASE=a|b REPORT= SHEET= DATA= LATENCY_MS= WEB=)
	@test -n "$(IN)" -a -n "$(OUT)" || { echo "Say which file: make enrich IN=rows.csv OUT=done.csv CASE=a"; exit 2; }
	@exec $(PY) -m backend.local --with-parent enrich --in "$(IN)" --out "$(OUT)" $(if $(CASE),--case "$(CASE)") $(if $(REPORT),--report "$(REPORT)") $(if $(SHEET),--sheet "$(SHEET)") $(if $(DATA),--data "$(DATA)") $(if $(LATENCY_MS),--latency-ms "$(LATENCY_MS)") $(if $(WEB),--web "$(WEB)")

# Real processes and a real browser on a busy machine can be late: CI tries a failed test twice more, and
# pytest's summary counts every repeat.
test: $(VENV)/test tests/appsscript/node_modules ## Every test, set-up included
	@$(PY) -m pytest -n 2 --dist loadfile $(if $(CI),--reruns 2)

check: $(VENV)/test ## Lint, types, layers, shell
	@echo "Shell, form and lint …"
	@$(VENV)/bin/shellcheck -x .ci/run infra/*.sh infra/parts/*.sh
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/ruff check --quiet .
	@echo "Types (a minute, the first time) …"
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo

bench: $(VENV)/test ## Measure, as ratios in one run, into bench.json (QUICK=1: under 2 minutes)
	@exec $(PY) -m tests.bench $(if $(QUICK),--quick)

screenshots: $(VENV)/test ## Pictures of every place and state of the sidebar, and of the workbench
	@$(PY) -m tests.browser.screenshots docs/screenshots

lock: $(VENV)/run ## Pin what the .in files ask for, with hashes
	@$(PY) -m pip install --quiet uv
	@for part in backend tests; do $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $$part/requirements.in -o $$part/requirements.txt; done

clean: ## Remove what runs have left (not the virtual environment)
	@rm -rf .rowmill bench.json .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: help run enrich test check bench screenshots lock clean
