"""A figure is the same file wherever it is drawn."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from ganbench.system import drawing

DRAW = """
import hashlib, io
from ganbench.system import drawing, variables
variables.settle()
with drawing.defaults():
    from matplotlib.figure import Figure
    axis = Figure().subplots()
    axis.plot([1, 2])
    out = io.BytesIO()
    axis.figure.savefig(out, format="png", metadata={"Software": None})
print(hashlib.sha256(out.getvalue()).hexdigest())
"""
BINARY = b"\xff\xfe\0"
BACKEND = "module://matplotlib_inline.backend_inline"


def drawn(folder: Path, **variables: str) -> str:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("M")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", DRAW], cwd=folder, env=ours | variables,
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return drawn(tmp_path_factory.mktemp("plain"))


def test_a_notebook_may_want_its_own_backend(plain: str, tmp_path: Path) -> None:
    assert drawn(tmp_path, MPLBACKEND=BACKEND) == plain


@pytest.mark.parametrize("content", [BINARY, b"lines.linewidth: 30\nno setting\n"])
def test_a_matplotlibrc_may_be_anything(plain: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rc").write_bytes(content)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "matplotlibrc").write_bytes(content)
    (tmp_path / "home" / "matplotlib").mkdir(parents=True)
    (tmp_path / "home" / "matplotlib" / "matplotlibrc").write_bytes(content)
    named, home = str(tmp_path / "rc"), str(tmp_path / "home" / "matplotlib")
    assert drawn(tmp_path / "here", MATPLOTLIBRC=named, MPLCONFIGDIR=home) == plain


def test_no_place_for_its_fonts_is_not_worth_a_word(plain: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert drawn(tmp_path, MPLCONFIGDIR=str(tmp_path / "file" / "below")) == plain


def test_what_was_set_before_holds_again_afterwards() -> None:
    with mpl.rc_context({"lines.linewidth": 77}):
        with drawing.defaults():
            assert mpl.rcParams["lines.linewidth"] < 7
            mpl.rcParams["lines.linewidth"] = 5
        assert mpl.rcParams["lines.linewidth"] == 77
    logger = logging.getLogger("matplotlib")
    assert logger.level == logging.NOTSET
