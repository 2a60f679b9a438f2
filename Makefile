# The verbs of this project, the same for people and for CI. `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help venv tools temporal demo dev test test-fast lint fmt type arch docs picture bench build chaos lock clean

PY := .venv/bin/python
# Tests that start nothing: neither Temporal, PostgreSQL or a browser, nor servers and processes of our own.
QUICK := not server and not postgres and not browser and not chaos and not process
# Folders without a quick test are not even loaded.
QUICK_IN := --ignore=tests/integration --ignore=tests/packaging --ignore=tests/browser --ignore=tests/chaos
# Time zones come from the locked tzdata package, never from the system's own table.
export PYTHONTZPATH :=
# Compiled modules and rewritten assertions are kept from run to run, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=
PYTEST := $(PY) -m pytest
PYTEST_ARGS ?=

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' Makefile

venv: ## .venv with the locked packages (does nothing when it is current)
	@scripts/venv.sh

tools: ## tools from Debian that some tests use
	@scripts/tools.sh

temporal: venv ## get the Temporal server, if it is not here yet
	@.venv/bin/carepath server --get-only

demo: venv ## the whole system on embedded defaults: real pathways, real readings, a real Temporal server
	@.venv/bin/carepath demo

dev: venv ## the same, and stays up
	@.venv/bin/carepath demo --stay

test: venv tools lint type arch temporal ## every check and every test
	@$(PYTEST) -n 2 --dist worksteal -q $(QUICK_IN) -m "$(QUICK)" $(PYTEST_ARGS)
	@$(PYTEST) -n 2 -q -m "not ($(QUICK)) and not chaos" $(PYTEST_ARGS)

test-fast: venv ## the tests that need no server
	@$(PYTEST) -n 2 --dist worksteal -q $(QUICK_IN) -m "$(QUICK)" $(PYTEST_ARGS)

chaos: venv temporal ## long runs in which processes are killed (docs/explanation/run.md says what can be given)
	@$(PYTEST) -s -m chaos --timeout 7200 $(PYTEST_ARGS)

lint: venv ## ruff: style and formatting of imports
	@.venv/bin/ruff check -q .

fmt: venv ## lets ruff repair what it can
	@.venv/bin/ruff check --fix .

type: venv ## mypy and pyright
	@.venv/bin/mypy
	@.venv/bin/pyright --warnings

arch: venv ## who may import whom
	@.venv/bin/lint-imports --no-cache --no-logo

docs: venv ## generates the reference pages
	@$(PY) -m scripts.reference

picture: venv tools temporal ## the picture of the README anew (a running patient in the Temporal UI; two minutes)
	@$(PY) -m scripts.picture

bench: venv temporal ## measures, asserts nothing on time
	@$(PY) -m bench

build: venv ## wheel and sdist into dist/
	@$(PY) -m hatchling build

lock: venv ## resolves the dependencies anew (the lock files hold no addresses)
	@scripts/lock.sh

clean: ## removes what tools leave behind (.venv stays)
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
