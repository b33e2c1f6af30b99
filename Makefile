SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PORT ?= 8000
export PYTHON ?= python3
# Tests and checks start hundreds of processes; where nothing compiled is kept, each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
PY := $(BIN)/python
PYTEST := $(PY) -m pytest
# More processes than cores, since tests of kills and browsers wait much; each has its own servers, and a file stays in
# one (tests/support/spreading.py).
SPREAD := -n 4 --dist loadfile --no-loadscope-reorder

# The checks read the settings, and must not read this machine's.
CLEAN := env PYTHON_DOTENV_DISABLED=1 DATABASE_URL= REDIS_URL= GRAPH_BASE_URL= GRAPH_STATIC_TOKEN= DATA_DIR=.mypy_cache/data
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(FLAGS) pyproject.toml

.PHONY: help setup tools run test pytest lint style types imports migrations templates requirements format chaos pictures bench audit lock

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

tools:
	@tests/support/check_tools.sh

setup: tools ## install everything that development and the tests need
	@tests/support/system_packages.sh
	@tests/support/python_packages.sh dev

run: tools ## start the program with its demo data on http://127.0.0.1:8000 (PORT=…)
	@tests/support/python_packages.sh embedded
	@exec $(PY) manage.py serve --port $(PORT)

# Where the databases differ most: locks, kills, what is written at once. `make chaos` runs on both all that meets locks
# or is computed by the database.
ON_SQLITE := tests/domain/test_many_saves.py tests/domain/test_two_people.py tests/flush/test_kills.py

test: setup lint pytest ## lint, then all tests on MariaDB, Redis and Chromium, then those of locks and kills on SQLite

pytest: setup
	$(PYTEST) $(SPREAD) --whole
	$(PYTEST) $(SPREAD) --database=sqlite -m "both_databases and not chaos" $(ON_SQLITE)

lint: setup ## style, types, import direction, migrations, templates, pins
	@$(MAKE) --jobs=2 --output-sync=target types style imports migrations templates requirements

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(CLEAN) $(BIN)/mypy

imports: setup
	$(BIN)/lint-imports --no-logo

migrations: setup
	$(CLEAN) $(PY) manage.py makemigrations --check --dry-run

templates: setup
	$(BIN)/djlint --lint --quiet .

requirements: setup
	$(PY) -m tests.support.requirements

format: setup ## let ruff format and fix what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

chaos: setup ## the long seeded sweeps: kills, pauses, and property tests with many more examples
	$(PYTEST) $(SPREAD) -m "chaos or hypothesis" --hypothesis-profile=chaos --timeout=900
	$(PYTEST) $(SPREAD) -m both_databases --database=sqlite --timeout=900

pictures: setup ## look at every page with axe, and take its picture into docs/images
	PICTURES=docs/images $(PYTEST) tests/e2e/test_every_page.py tests/e2e/test_every_model.py tests/e2e/test_signing_in.py

bench: setup ## measure; prints a report with ratios
	$(PY) -m tests.bench

audit: setup ## look the pinned packages up among the known holes (FLAGS=--must-know fails where none can be reached)
	@$(PY) -m tests.support.audit $(FLAGS)

lock: setup ## pin what pyproject.toml asks for (FLAGS=--upgrade takes newer versions)
	$(LOCK) --extra mysql --extra dev --output-file requirements-dev.txt
	$(LOCK) --extra mysql --constraint requirements-dev.txt --output-file requirements.txt
	$(LOCK) --constraint requirements-dev.txt --output-file requirements-embedded.txt
