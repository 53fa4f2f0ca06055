# Everything that is run, by people and by CI alike. `make help` lists it.
# Needs python3 (3.11 or newer, with venv), make and git; all else goes into .venv.

.DEFAULT_GOAL := help
.PHONY: help run setup test test-only check format-check lint types imports migrations-check \
	docs-check fix bench faults e2e lock clean uv main-packages dev-packages e2e-packages
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
PREPARE := PYTHON="$(PYTHON)" sh srm_project/embedded/prepare.sh
SOURCES := manage.py srm_project controls evidence tests $(wildcard docs/*.py)

# Arguments of the two heavy runs and of pytest: make bench ARGS="--controls 10000"
ARGS ?=
PYTEST_ARGS ?= -n 2 -q

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  PORT=8000 chooses the port of make run, SRM_DATA_DIR=var its one folder,'
	@echo '  SRM_EXAMPLE=0 starts without the example organisation.'

run: main-packages ## set up what is missing, then start SRM on this machine
	@$(BIN)/python -m srm_project.embedded run

setup: main-packages ## only set up: packages, database, knowledge, example, first admin
	@$(BIN)/python -m srm_project.embedded setup

test: check test-only ## all checks, then the whole suite (TEST_DATABASE_URL, TEST_BROKER_URL choose the stack)

test-only: dev-packages ## the suite alone
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: dev-packages format-check lint types imports migrations-check docs-check ## format, lint, types, imports, migrations, generated documents

format-check: dev-packages
	$(BIN)/ruff format --check $(SOURCES)

lint: dev-packages
	$(BIN)/ruff check $(SOURCES)

types: dev-packages
	$(BIN)/mypy

imports: dev-packages
	$(BIN)/lint-imports

migrations-check: dev-packages
	$(BIN)/python manage.py makemigrations --check --dry-run --settings tests.settings

# docs/generate.py writes the documents that are made from code; --check compares them.
docs-check: dev-packages
	@if [ -f docs/generate.py ]; then $(BIN)/python docs/generate.py --check; fi

fix: dev-packages ## format, and mend what ruff can mend
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: dev-packages ## measure, print a table (ARGS="…" gives sizes)
	$(BIN)/python -m tests.bench $(ARGS)

faults: dev-packages ## kill, freeze and fill things, count what is lost (ARGS="…")
	$(BIN)/python -m tests.faults $(ARGS)

e2e: e2e-packages ## the browser tests, with Debian's chromium
	$(BIN)/python -m pytest tests/e2e $(ARGS)

# The locks hold versions and hashes and name no host, so that any mirror serves them.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" UV_CACHE_DIR="$${UV_CACHE_DIR:-.venv/.cache/uv}" \
	UV_SYSTEM_CERTS="$${UV_SYSTEM_CERTS:-1}" $(BIN)/uv --quiet pip compile \
	--universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate

lock: uv ## compile requirements/ again (LOCK="--upgrade" takes newer versions)
	$(COMPILE) $(LOCK) --group tools --output-file requirements/uv.txt
	$(COMPILE) $(LOCK) pyproject.toml --output-file requirements/main.txt
	$(COMPILE) $(LOCK) pyproject.toml --group dev --constraint requirements/main.txt --output-file requirements/dev.txt
	$(COMPILE) $(LOCK) pyproject.toml --group e2e --constraint requirements/dev.txt --output-file requirements/e2e.txt
	@if grep -nE '://|--(index|extra-index|find-links)' requirements/*.txt; then \
		echo 'lock: a host is named above; no lock may name one' >&2; exit 1; fi

clean: ## remove .venv and caches; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov
	rm -f .coverage .coverage.*
	find srm_project controls evidence tests -name __pycache__ -type d -prune -exec rm -rf {} +

uv:
	@$(PREPARE) uv

main-packages:
	@$(PREPARE) main

dev-packages:
	@$(PREPARE) dev

e2e-packages:
	@$(PREPARE) e2e
