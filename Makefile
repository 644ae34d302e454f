# Two commands on a fresh machine: `make bench` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
BENCH_ARGS ?=

.PHONY: bench test install lint speed install-dev

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
	$(BIN)/pytest -m "not tensorflow"
	$(BIN)/pytest -m tensorflow

speed: install-dev
	$(BIN)/pytest benchmarks --benchmark-only
