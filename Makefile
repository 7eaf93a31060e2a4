# Each target sets up what it needs by itself; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TASKS ?= sine xor sunspots
ARGS ?=
N ?= 20
LOCKS := requirements.lock requirements-docs.lock requirements-bench.lock
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check
RUN ?=
TASK ?=
DATA ?= .

.DEFAULT_GOAL := help
.PHONY: help setup sweep suite compare report ui reproduce test coverage servers browser faults wheel doctor check \
	claims bench calibrate published docs audit lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: $(READY)  ## create .venv with the exact files of requirements.lock

$(READY): requirements.lock requirements-cpu.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'linrnn needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --require-hashes --no-deps -r requirements-cpu.lock 2>/dev/null || \
		echo 'pip finds no build of torch for CPUs: the one with CUDA serves, too'
	$(INSTALL) --require-hashes --no-deps -r requirements.lock
	$(INSTALL) --no-build-isolation -e .  # adds what a CUDA build of torch needs, where pip chose one
	$(BIN)/python -c 'import linrnn.kernels.interface'  # compile the kernels into numba's cache
	@touch $(READY)

sweep: $(READY)  ## sweep TASKS with every model type: make sweep TASKS="sine" ARGS="--trials 10"
	@$(BIN)/linrnn sweep $(TASKS) $(ARGS)

suite: $(READY)  ## sweep all tasks (30 minutes on 2 cores) into one table and suite.png
	@$(BIN)/linrnn suite --figure suite.png $(ARGS)

claims: $(READY)  ## measure what is often said of linear recurrent networks, within 5 minutes; writes claims/claims.md
	@$(BIN)/linrnn claims -o claims $(ARGS)

compare: $(READY)  ## print the table of the last sweeps
	@$(BIN)/linrnn compare $(ARGS)

report: $(READY)  ## write the last sweep to report.html; TASK=xor for the last one of a task
	@$(BIN)/linrnn report $(TASK) $(ARGS)

ui: $(READY)  ## start the MLflow UI on 127.0.0.1 and print its links
	@$(BIN)/linrnn ui $(ARGS)

reproduce: $(READY)  ## repeat a recorded run and compare bit for bit: RUN=ID, default the best of the last sweep
	@$(BIN)/linrnn reproduce $(RUN) $(ARGS)

test: $(READY)  ## run the tests
	@$(BIN)/pytest $(ARGS)

coverage: $(READY)  ## run the tests and measure line coverage, which must be at least 95 %
	@$(BIN)/pytest --cov --cov-report=term -W ignore::coverage.exceptions.CoverageWarning $(ARGS)

servers: $(READY)  ## run the tests with PostgreSQL, MLflow and Dask servers on loopback
	@$(BIN)/pytest -m servers $(ARGS)

browser: $(READY)  ## run the tests of the MLflow UI in Chromium
	@$(BIN)/pytest -m browser $(ARGS)

faults: $(READY)  ## kill sweeps N times at random moments and compare; 50 N random inputs of each kind: make faults N=200
	@$(BIN)/python -m tests.faults $(N)
	@LINRNN_EXAMPLES=$$((50 * $(N))) $(BIN)/pytest tests/faults/test_random_input.py

wheel: $(READY)  ## build the wheel, install it into an empty environment and test it
	@.ci/wheel

doctor: $(READY)  ## check the store; ARGS="--fix" repairs it
	@$(BIN)/linrnn doctor $(ARGS)

check: $(READY)  ## check lint, format, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY)  ## benchmark against the per-step loop, torch.nn.RNN and JAX, about 10 minutes: ARGS="--out DIR"
	@$(INSTALL) --require-hashes --no-deps -r requirements-bench.lock
	@$(BIN)/python -m experiments.benchmark $(ARGS)

calibrate: $(READY)  ## error rates of the verdict on 400 generated series, about 90 minutes, resumable: ARGS="--series 40"
	@$(BIN)/python -m experiments.calibration $(ARGS)

published: $(READY)  ## our figures beside published ones, within an hour, resumable; DATA=DIR holds ETTh1.csv and silverbox.csv
	@$(BIN)/python -m experiments.publications --data "$(DATA)" $(ARGS)

docs: $(READY)  ## build the documentation into docs/_build/html; warnings are errors
	@$(INSTALL) --require-hashes --no-deps -r requirements-docs.lock
	@$(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky --quiet docs docs/_build/html
	@echo 'docs/_build/html/index.html'

audit: $(READY)  ## look up the packages of all lock files in the advisories of the package index; needs the network
	@for file in $(LOCKS); do $(BIN)/pip-audit --strict --require-hashes --disable-pip -r $$file $(ARGS) || exit 1; done

lock:  ## update requirements.lock to the newest versions that pyproject.toml allows, with the SHA-256 of their files
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet --upgrade setuptools '.[dev]'
	$(VENV)-lock/bin/pip freeze --all --exclude pip --exclude linrnn > requirements.lock
	grep '+cpu$$' requirements.lock > requirements-cpu.lock
	sed -i 's/+cpu$$//' requirements.lock
	$(VENV)-lock/bin/pip install --quiet pip-tools
	$(VENV)-lock/bin/python .ci/lock.py $(LOCKS) requirements-cpu.lock
	rm -rf $(VENV)-lock

clean:  ## remove .venv and caches; keeps the store
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* *.egg-info build
	find linrnn tracking experiments tests -name __pycache__ -type d -prune -exec rm -rf {} +
