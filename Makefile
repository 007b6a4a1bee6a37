# Needs python3 (3.11 or newer), python3-venv and make; no root. `make` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Wheels only: building a source archive would fetch its build tools without a hash.
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
FETCH  := $(PIP) install --require-hashes --only-binary :all:
SELF   := $(PIP) install --no-deps --no-build-isolation --editable .
# Addresses stay out of the locks: each machine brings its own package index.
LOCK   := $(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
          --build-deps-for editable --annotation-style line --no-header --no-emit-options \
          --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
PYTEST := $(BIN)/pytest

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## start everything on this machine with demo data, and print where to look
	@exec $(BIN)/portal demo

test: $(VENV)/.dev ## run every test; as root, install the Debian packages they need first
	@tests/setup/install
	@$(PYTEST) -m alone || test $$? -eq 5
	@$(PYTEST) -m "not alone" --numprocesses 2 --dist loadfile

check: $(VENV)/.dev ## format, lint, types, layers, repository rules and unit tests; needs no server
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(PYTEST) tests/repo tests/unit

format: $(VENV)/.dev ## format the code and apply the safe fixes
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/.dev ## measure radiusd beside FreeRADIUS and print the table
	@tests/setup/install
	@$(BIN)/python -m tests.bench

screenshots: $(VENV)/.dev ## take the picture of every page, fa and en, narrow and wide
	@tests/setup/install
	@$(BIN)/python -m tests.e2e.screenshots

translations: $(VENV)/.dev ## bring new sentences into the catalogs, for a translator to fill
	$(BIN)/python -m tests.repo.catalogs

lock: $(VENV)/.dev ## renew requirements.lock and requirements-dev.lock
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

.PHONY: help run test check format bench screenshots translations lock

# What follows is not called by hand: the stamps say which lock the environment was made from.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "Python's venv is missing; on Debian: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what the portal needs into $(VENV) ..."
	@$(FETCH) --requirement requirements.lock
	@$(SELF)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run | $(BIN)/python
	@echo "installing what the tests need into $(VENV) ..."
	@$(FETCH) --requirement requirements-dev.lock
	@touch $@
