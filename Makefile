# Everything sets itself up: `make demo` and `make test` are all that one has to know.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCHEMAS := .schemas
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help setup demo test check unit format docs goldens samples snapshots pictures bench mutation nightly lock clean

help:  ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.dev $(SCHEMAS)/.there  ## make .venv with everything that the tests need

demo: $(VENV)/.run  ## a hub, stations and CSMSes of different habits, and the dashboard; FROM=sessions/samples starts with those
	$(BIN)/plugfest demo $(if $(FROM),--from $(FROM))

test: check unit  ## the whole check, then the tests: what CI runs

check: $(VENV)/.dev  ## ruff, mypy --strict, import contracts, generated docs fresh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.rules_page --check docs/rules.md
	$(BIN)/python -m tests.field_page --check docs/field-cases.md

unit: $(VENV)/.dev $(SCHEMAS)/.there  ## the tests alone, in two processes: most of them wait more than they compute
	$(BIN)/python -m pytest -m "not nightly" -n 2 --dist loadfile

format: $(VENV)/.dev  ## let ruff put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## write the generated pages again: docs/rules.md, docs/field-cases.md
	$(BIN)/python -m tests.rules_page docs/rules.md
	$(BIN)/python -m tests.field_page docs/field-cases.md

goldens: $(VENV)/.dev  ## judge the sessions under sessions/ again; review the diff
	$(BIN)/python -m tests.goldens

samples: $(VENV)/.dev  ## record the sessions under sessions/samples/ again, through a hub (needs Node.js)
	$(BIN)/python -m tests.samples

snapshots: $(VENV)/.dev  ## take the pictures of the dashboard's tests again; review them
	$(BIN)/python -m pytest tests/tui --snapshot-update

pictures: $(VENV)/.dev  ## take the pictures of docs/images/ again, of a running demo (needs Node.js and Chromium)
	$(BIN)/python -m tests.pictures

bench: $(VENV)/.dev  ## the hub beside nginx, HAProxy and mitmdump; messages judged a second (docs/performance.md)
	$(BIN)/python tests/bench/judge_speed.py
	$(BIN)/python tests/bench/judge_length.py
	$(BIN)/python tests/bench/relay.py

mutation: $(VENV)/.dev  ## make one thing wrong at a time in the clean sessions, and write docs/mutation.md (minutes)
	$(BIN)/python -m tests.mutation.page docs/mutation.md

nightly: $(VENV)/.dev $(SCHEMAS)/.there  ## the slow checks
	$(BIN)/python -m pytest -m nightly
	EVERY_LOOP=1 $(BIN)/python -m pytest -m "not nightly" tests/end_to_end/test_relay*.py
	RANDOM_EXAMPLES=1 $(BIN)/python -m pytest -m "not nightly" $$(grep -rl --include='test_*.py' '^from hypothesis' tests)

lock:  ## pin the dependencies again (needs uv and npm on the PATH)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links pyproject.toml --group dev -o requirements/dev.txt
	uv pip compile --no-deps --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links requirements/peers.in -o requirements/peers.txt
	cd tests/peers/node && npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts \
	    --legacy-peer-deps

clean:  ## remove what was made, recordings excepted
	rm -rf $(VENV) $(SCHEMAS) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run

# the wheel with the schemas of OCPP 2.0, for the tests: downloaded, never installed
$(SCHEMAS)/.there: requirements/schemas.txt | $(VENV)/bin/python
	rm -rf $(SCHEMAS)
	$(PIP) download --no-deps --require-hashes --dest $(SCHEMAS) -r $<
	@touch $@
