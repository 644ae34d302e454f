"""Modules with familiar names lie in the current folder; no command imports any of them."""

import os
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from ganbench import record
from ganbench.report.figures import svg
from ganbench.system import files

COMMAND = [str(Path(sys.executable).with_name("ganbench"))]
MODULE = [sys.executable, "-m", "ganbench"]
NAMES = ["numpy", "torch", "tensorflow", "sitecustomize", "usercustomize", "conftest", "ganzoo"]
NAMES += ["metrics", "PIL", "typer", "rich", "scipy", "json", "matplotlib", "safetensors", "evil"]
EVIL = "import os, pathlib; pathlib.Path(os.environ['MARKER']).touch()\n"
INSTALLED = """[ganzoo.models]
evil = evil:Model
[ganbench.metrics]
evil = evil:METRIC
"""


@pytest.fixture
def here(tmp_path):
    """A folder of traps, with data and results in it."""
    folder = tmp_path / "download"
    for name in NAMES:
        files.write_text(folder / f"{name}.py", EVIL)
    files.write_text(folder / "matplotlibrc", "backend: module://evil\ntext.usetex: True\n")
    files.write_text(folder / "evil-1.0.dist-info" / "entry_points.txt", INSTALLED)
    files.write_text(folder / "evil-1.0.dist-info" / "METADATA", "Name: evil\nVersion: 1.0\n")
    return folder


def start(here, *command) -> str:
    """What a command says; fails when a trap was sprung."""
    marker = here.parent / "marker"
    environment = {**os.environ, "MARKER": str(marker), "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONSAFEPATH", None)
    done = subprocess.run(
        [*map(str, command)], cwd=here, env=environment, capture_output=True, text=True
    )
    assert not marker.exists()
    assert done.returncode == 0, done.stderr
    assert "evil" not in done.stdout
    return done.stdout


def test_the_traps_are_sharp(here):
    with pytest.raises(AssertionError):
        start(here, sys.executable, "-c", "import numpy")


@pytest.mark.parametrize(
    ("how", "what", "word"),
    [(COMMAND, "models", "cyclegan-resnet"), (MODULE, "metrics", "truth_error")],
)
def test_lists_are_made_of_what_is_installed(here, how, what, word):
    assert word in start(here, *how, "list", what)


def test_figures_are_drawn_alike_whatever_a_matplotlibrc_says():
    with matplotlib.rc_context({"text.usetex": True, "lines.linewidth": 77}), svg.style():
        assert not matplotlib.rcParams["text.usetex"]  # it would start LaTeX
        assert matplotlib.rcParams["lines.linewidth"] < 7


@pytest.mark.slow
def test_a_report_is_drawn_without_what_lies_here(here, a_record):
    record.write(here / "results" / "s" / "run", a_record)
    described = {"name": "s", "command": "", "budget": "60s", "size": 64, "seeds": [0]}
    described |= {"models": ["dcgan"], "frameworks": ["pytorch"], "runs": ["run"], "toml": ""}
    described |= {"data": {}, "environment": {}, "warnings": [], "primary": "fid", "samples": 2}
    record.write_suite(here / "results" / "s", described | {"curve_samples": 2})
    start(here, *COMMAND, "report", "results")
    assert (here / "results" / "report.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("how", [COMMAND, MODULE], ids=["command", "module"])
def test_a_plan_and_its_processes_import_nothing_from_here(here, two_domains, how):
    options = ["--data", two_domains, "--size", 32, "--models", "dcgan", "--device", "cpu"]
    assert "dcgan" in start(here, *how, "run", "--dry-run", *options)
    assert not (here / "results").exists()


@pytest.mark.slow
def test_a_run_imports_nothing_from_here(here, two_domains):
    options = ["--data", two_domains, "--size", 32, "--models", "dcgan:width=2,batch=2"]
    options += ["--budget", "2step", "--samples", 4, "--frames", 2, "--snapshots", 1]
    start(here, *COMMAND, "run", *options, "--metrics", "fwd", "--device", "cpu")
    assert (here / "results" / "report.html").exists()
