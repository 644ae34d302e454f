# Two commands on a fresh machine: `make bench` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
BENCH_ARGS ?=

.PHONY: bench test torture audit install lint speed install-dev

bench: install
	$(BIN)/ganbench run --models dcgan,cyclegan $(BENCH_ARGS)

install: .venv/.installed

install-dev: .venv/.installed-dev

# uv installs in seconds what pip takes minutes for; torch and torchvision come together.
.venv/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ganbench needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

.venv/.installed: .venv/bin/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable .
	@touch $@

.venv/.installed-dev: .venv/bin/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '.[dev,tensorflow,openvino]'
	@touch $@ .venv/.installed

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

# One framework a process: tests that meet TensorFlow have a run of their own.
test: lint
	$(BIN)/pytest -m "not tensorflow and not slow"
	$(BIN)/pytest -m "tensorflow and not slow"

# What takes too long for every change: all faults, thirty kills a model, everything crossed.
torture: install-dev
	$(BIN)/pytest -m "slow and not tensorflow"
	$(BIN)/pytest -m "slow and tensorflow"

speed: install-dev
	$(BIN)/pytest benchmarks --benchmark-only

# Known holes in what constraints.txt pins; asks the package index, so it needs the network.
audit: .venv/bin/uv
	$(BIN)/uv tool run --from pip-audit==2.10.1 pip-audit --strict --no-deps --disable-pip --requirement constraints.txt
