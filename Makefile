# Two commands on a fresh machine: `make bench` and `make test`. `make` alone lists all.
PYTHON ?= python3
BIN := .venv/bin
LINT := .venv-lint/bin
DOCS := .venv-docs/bin
PYTEST = $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --benchmark-disable
BENCH_ARGS ?=
WORKERS ?= 3
TENSORFLOW = $(shell ls -d .venv/lib/python3*/site-packages/tensorflow 2>/dev/null)

.PHONY: help bench quick lint docs test torture speed audit install install-dev

help:
	@echo "make ..., and how long it takes on two cores, after a set-up of minutes the first time:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1 \2/p' Makefile | while read -r name words; do \
		printf '  %-9s%s\n' "$$name" "$$words"; done

bench: install ## three models on the embedded pictures, and their report: 4 min
	$(BIN)/ganbench run --models dcgan,cyclegan $(BENCH_ARGS)

lint: .venv-lint/.installed ## format, types, imports, spelling; no framework needed: 15 s
	$(LINT)/ruff check .
	$(LINT)/ruff format --check .
	$(LINT)/mypy
	$(LINT)/lint-imports
	$(LINT)/codespell

docs: .venv-docs/.installed ## the site of docs/ in site/, without a warning or a broken link: 10 s
	$(DOCS)/python docs/build_site.py

# All but what trains, kills, draws in a browser or stands beside the reference implementations.
quick: install-dev ## the tests that matter for most changes: 2 min
	$(PYTEST) -m "quick and not slow and not tensorflow"

# One framework a process: tests that meet TensorFlow have a run of their own.
test: lint docs install-dev ## lint, site and every test, first of PyTorch, then of TensorFlow: 10 to 25 min
	$(PYTEST) -m "not tensorflow and not slow" --durations=15
	$(if $(TENSORFLOW),$(PYTEST) -m "tensorflow and not slow" --durations=15,\
		@echo "none of TensorFlow's tests has run: it has no release for this Python")

# What takes too long for every change: all faults, thirty kills a model, everything crossed.
torture: install-dev ## all faults, thirty kills a model, everything crossed: hours
	$(BIN)/pytest -m "slow and not tensorflow"
	$(BIN)/pytest -m "slow and tensorflow"

speed: install-dev ## how fast training, data, metrics and start-up are: 30 min
	$(BIN)/pytest benchmarks --benchmark-only --speed-json results/reference/speed.json

audit: .venv/bin/uv ## known holes in what constraints.txt pins; asks the package index: 1 min
	$(BIN)/uv tool run --from pip-audit==2.10.1 pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

install: .venv/.installed

install-dev: .venv/.installed-dev

# uv installs in seconds what pip takes minutes for; torch and torchvision come together.
%/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ganbench needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $*
	$*/bin/python -m pip install --quiet --disable-pip-version-check uv

.venv/.installed: .venv/bin/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable .
	@touch $@

.venv/.installed-dev: .venv/bin/uv pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '.[dev,tensorflow,openvino,judges,dinov2,heif,onnx,cloud,ray,submitit]'
	@touch $@ .venv/.installed

.venv-lint/.installed: .venv-lint/bin/uv pyproject.toml constraints.txt
	$(LINT)/uv pip install --quiet --python $(LINT)/python --constraints constraints.txt --group lint
	@touch $@

.venv-docs/.installed: .venv-docs/bin/uv pyproject.toml constraints.txt
	$(DOCS)/uv pip install --quiet --python $(DOCS)/python --constraints constraints.txt --group docs
	@touch $@
