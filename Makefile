# What a newcomer needs: `make run` (the sandbox, no accounts) and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test check prove bench bench-long lock schema clean help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run  ## set everything up and start the sandbox; prints its URL
	@$(BIN)/connector sandbox

test: $(VENV)/.test  ## set everything up, a browser too, and run all tests
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadgroup -q -m "not proof"

check: $(VENV)/.test  ## what CI runs: ruff, mypy --strict, import-linter, make test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

prove: $(VENV)/.test  ## the proofs in their short form: crashes, faults, load, many processes
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadgroup -q -m proof

bench: $(VENV)/.test  ## measure speed and size, one table
	@$(BIN)/python -m bench

bench-long: $(VENV)/.test  ## every crash point and failure, storms of webhooks, a million messages; about 4 hours
	@TEST_LONG=1 timeout 3h $(BIN)/python -m pytest -q -m proof
	@TEST_LONG=1 timeout 1h $(BIN)/python -m pytest -n 2 -q tests/properties tests/contracts
	@$(BIN)/python -m bench.crash --minutes 20
	@timeout 1h $(BIN)/python -m bench.size

lock: $(VENV)/.test  ## pin the newest versions of what pyproject.toml asks for, with hashes
	@$(BIN)/uv pip compile -q pyproject.toml --upgrade --generate-hashes --no-header -o requirements.txt
	@$(BIN)/uv pip compile -q pyproject.toml --extra dev -c requirements.txt --generate-hashes \
		--no-header -o requirements-dev.txt

schema: $(VENV)/.test  ## write config/schema.json from the settings
	@$(BIN)/python -m connector.settings.schema --write

clean:  ## forget the environment
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version)." \
		"Name another one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the connector needs ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.test: requirements-dev.txt tests/browser/install.sh $(VENV)/.run
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@sh tests/browser/install.sh $(BIN)/python
	@touch $@
