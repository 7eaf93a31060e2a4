# Each target sets up what it needs by itself; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TASKS ?= sine xor sunspots
ARGS ?=
N ?= 20
RUN ?=
TASK ?=

.DEFAULT_GOAL := help
.PHONY: help setup sweep suite compare report ui reproduce test coverage servers browser faults wheel doctor check \
	bench docs lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: $(READY)  ## make .venv with the exact versions of requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'linrnn needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	$(BIN)/python -c 'import linrnn.kernels.interface'  # compiled once, kept on disk
	@touch $(READY)

sweep: $(READY)  ## sweep TASKS with every model type: make sweep TASKS="sine" ARGS="--trials 10"
	@$(BIN)/linrnn sweep $(TASKS) $(ARGS)

suite: $(READY)  ## sweep all tasks, at most 40 minutes on 2 cores: one table, and suite.png
	@$(BIN)/linrnn suite --figure suite.png $(ARGS)

compare: $(READY)  ## the table of the last sweeps, from the store
	@$(BIN)/linrnn compare $(ARGS)

report: $(READY)  ## the last sweep as one HTML file, report.html: TASK=xor for that of another task
	@$(BIN)/linrnn report $(TASK) $(ARGS)

ui: $(READY)  ## the MLflow UI on 127.0.0.1, with its links
	@$(BIN)/linrnn ui $(ARGS)

reproduce: $(READY)  ## train a recorded run again and compare, bit for bit: RUN=ID, or the best of the last sweep
	@$(BIN)/linrnn reproduce $(RUN) $(ARGS)

test: $(READY)  ## run the tests
	@$(BIN)/pytest $(ARGS)

coverage: $(READY)  ## run the tests and measure which lines they reach; below 95 % is an error
	@$(BIN)/pytest --cov --cov-report=term -W ignore::coverage.exceptions.CoverageWarning $(ARGS)

servers: $(READY)  ## the tests with PostgreSQL, MLflow and Dask servers on loopback
	@$(BIN)/pytest -m servers $(ARGS)

browser: $(READY)  ## the tests of the MLflow UI in a real Chromium
	@$(BIN)/pytest -m browser $(ARGS)

faults: $(READY)  ## kill whole sweeps N times at random moments, run them again, compare: make faults N=200
	@$(BIN)/python -m tests.faults $(N)

wheel: $(READY)  ## build the wheel, install it into an empty environment and use it
	@.ci/wheel

doctor: $(READY)  ## what is amiss in the store; ARGS="--fix" mends it
	@$(BIN)/linrnn doctor $(ARGS)

check: $(READY)  ## lint, format, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)  ## time linrnn beside the per-step loop, torch.nn.RNN and JAX, about 7 minutes: ARGS="--out DIR"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock -r requirements-bench.lock
	@$(BIN)/python -m experiments.benchmark $(ARGS)

docs: $(READY)  ## build the documentation into docs/_build/html; warnings are errors
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock -r requirements-docs.lock
	@$(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky --quiet docs docs/_build/html
	@echo 'docs/_build/html/index.html'

lock:  ## write requirements.lock anew: the newest versions that pyproject.toml allows
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet '.[dev]'
	$(VENV)-lock/bin/pip freeze --exclude linrnn | sed 's/+cpu$$//' > requirements.lock
	rm -rf $(VENV)-lock

clean:  ## remove .venv and caches; keeps the store
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* *.egg-info build
	find linrnn tracking experiments tests -name __pycache__ -type d -prune -exec rm -rf {} +
