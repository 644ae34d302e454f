"""The notebook in examples/ runs from its first cell to its last."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FILE = ROOT / "examples" / "ganbench.ipynb"


def test_no_output_is_kept_in_it():
    cells = [c for c in json.loads(FILE.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    assert cells and all(not c["outputs"] and c["execution_count"] is None for c in cells)


@pytest.mark.parametrize("data", ["small", pytest.param("scenes", marks=pytest.mark.slow)])
def test_every_cell_runs_and_shows_verdict_table_and_pictures(
    tmp_path, monkeypatch, two_domains, data
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the kernel
    text = FILE.read_text("utf-8")
    assert text.count('data=\\"scenes\\"') == 1
    if data == "small":  # drawn in seconds and looked at in seconds: the rest is the same
        text = text.replace('data=\\"scenes\\"', f'data=\\"{two_domains}\\"')
    notebook = nbformat.reads(text, as_version=4)
    notebook.cells.insert(2, nbformat.v4.new_code_cell(KERNEL))
    notebook.cells.append(nbformat.v4.new_code_cell(AFTER))
    where = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    told, results, *_, last = outputs(notebook)[2:]
    lines = "".join(output["text"] for output in told)
    assert re.search(r"dcgan:width=8 seed 0 +done at step 10", lines)
    assert "\x1b" not in lines and "\r" not in lines
    (shown,) = results
    for words in ("Lite0 KD", "<table", "data:image/png;base64,"):
        assert words in shown["data"]["text/html"]
    every = (output.get("data", ()) for cell in outputs(notebook) for output in cell)
    assert sum("image/png" in data for data in every) == 1
    assert last[-1]["text"].strip() == "as before"


def outputs(notebook):
    """What each cell with code has put out."""
    return [cell["outputs"] for cell in notebook.cells if cell["cell_type"] == "code"]


# Colab's kernels begin so: figures are drawn into the notebook, and libraries are set as one likes.
KERNEL = """\
import logging, os, signal, sys
%matplotlib inline
import matplotlib.pyplot as plt
plt.rcParams["font.size"] = 17
def surroundings():
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    loggers = logging.getLogger("matplotlib").level, logging.getLogger().handlers[:]
    return dict(plt.rcParams), plt.get_backend(), handlers, dict(os.environ), loggers
before = surroundings()
"""
AFTER = """\
met = [name for name in ("torch", "tensorflow", "keras") if name in sys.modules]
assert not met and not plt.get_fignums(), met
print("as before" if surroundings() == before else "changed")
"""
