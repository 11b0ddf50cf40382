# `make demo` and `make test` need Python 3.11 or newer, git and make; they set up the rest
# in .venv themselves. Use another Python with: make demo PYTHON=python3.12
PYTHON ?= python3
BIN := .venv/bin
# The tests run on PostgreSQL too; where the machine has none, a server comes as a package.
HAS_POSTGRESQL := $(shell ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 && echo yes)
comma := ,
EXTRAS := $(if $(HAS_POSTGRESQL)$(ASSETFLOW_TEST_POSTGRES),test,test$(comma)test-pg)

# `make soak` runs the long tests at their large sizes; SCALE=0.1 at a tenth of them.
SCALE ?= 1
GOALS ?=

.PHONY: demo test soak lint types clean

demo: .venv/.ready-demo
	$(BIN)/assetflow demo

test: .venv/.ready-test
	$(BIN)/python -m pytest -n auto --dist worksteal -q

soak: .venv/.ready-test
	$(BIN)/python benchmarks/soak.py --scale $(SCALE) $(GOALS)

lint: .venv/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.ready-test
	$(BIN)/mypy

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "assetflow needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.ready-demo: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.ready-test: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

clean:
	rm -rf .venv assetflow-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
