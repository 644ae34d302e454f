"""A notebook that makes the same submission on Kaggle, where there is no internet.

It installs ganbench from the data set of `ganbench kaggle bundle`, and runs the same command.
"""

import json
import shlex
from pathlib import Path
from typing import Any

from ganbench.system import files
from ganbench.trained import kaggle_names, kaggle_rules
from ganbench.trained.trained_run import TrainedRun

FOLDER, FILE = "kaggle-notebook", "submission.ipynb"
DATA = "kaggle-data-set"  # folder beside it

FIND = '''\
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

INPUT, WORKING = Path("/kaggle/input"), Path("/kaggle/working")
DATA_SET = {data_set}
COMPETITION = {competition}


def find(name, place=INPUT):
    """The first thing below a place that is called so."""
    found = sorted(place.rglob(name), key=lambda path: (len(path.parts), path))
    if not found:
        raise SystemExit(f"{{name}} is not below {{place}}: add it with Add Input")
    return found[0]


bundle = find(DATA_SET)
wheel, run = find("ganbench-*.whl", bundle), find("record.json", bundle).parent
plugins = sorted(bundle.rglob("plugins/*.py"))
print(wheel, run, *plugins, sep="\\n")
'''
INSTALL = """\
packages = tempfile.mkdtemp()
pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
subprocess.run([*pip, "--target", packages, str(wheel)], check=True)
environment = {**os.environ, "PYTHONPATH": packages, "GANBENCH_OFFLINE": "1"}
"""
SUBMIT = """\
out = Path(tempfile.mkdtemp()) / "submission"
command = [sys.executable, "-m", "ganbench", "submit", "--with", str(run), "--out", str(out)]
command += {options}
{photographs}for plugin in plugins:
    command += ["--plugin", str(plugin)]
subprocess.run(command, check=True, env=environment)
shutil.move(out / "images.zip", WORKING / "images.zip")
"""
PHOTOGRAPHS = 'command += ["--photographs", str(find("photo_jpg", find(COMPETITION)))]\n'
CHECK = """\
command = [sys.executable, "-m", "ganbench", "submit", "--check", str(WORKING / "images.zip")]
subprocess.run(command, check=True, env=environment)
"""


def write(place: Path, run: TrainedRun, user: str, resize: bool) -> Path:
    """Write `place`/kaggle-notebook, ready for `kaggle kernels push`; gives the folder."""
    folder = place / FOLDER
    files.write_text(folder / FILE, json.dumps(notebook(run, resize), indent=1) + "\n")
    files.write_json(folder / "kernel-metadata.json", metadata(run, user))
    return folder


def commands(folder: Path, run: TrainedRun, user: str, plugins: tuple[Path, ...]) -> list[str]:
    """What to type to have the notebook run on Kaggle and to submit what it leaves."""
    data, slug = folder.parent / DATA, kaggle_names.notebook(run)
    bundle = ["ganbench", "kaggle", "bundle", "--with", str(run.folder), "--out", str(data)]
    submit = ["kaggle", "competitions", "submit", kaggle_rules.COMPETITION]
    typed = [
        [*bundle, "--user", user, *(word for file in plugins for word in ("--plugin", str(file)))],
        ["kaggle", "datasets", "create", "-p", str(data), "-r", "zip"],
        ["kaggle", "kernels", "push", "-p", str(folder)],
        [*submit, "-k", f"{user}/{slug}", "-v", "1", "-f", kaggle_rules.NAME, "-m", run.name],
    ]
    return [shlex.join(words) for words in typed]


def metadata(run: TrainedRun, user: str) -> dict[str, Any]:
    """What `kaggle kernels push` must know."""
    slug = kaggle_names.notebook(run)
    return {
        "id": f"{user}/{slug}",
        "title": kaggle_names.title(slug),
        "code_file": FILE,
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": True,
        "enable_tpu": False,
        "enable_internet": False,
        "dataset_sources": [f"{user}/{kaggle_names.data_set(run)}"],
        "competition_sources": [kaggle_rules.COMPETITION],
        "kernel_sources": [],
        "model_sources": [],
    }


def notebook(run: TrainedRun, resize: bool) -> dict[str, Any]:
    """The notebook, of format 4.5."""
    names = {
        "data_set": repr(kaggle_names.data_set(run)),
        "competition": repr(kaggle_rules.COMPETITION),
    }
    options = ["--no-estimate", *(["--resize"] if resize else [])]
    submit = SUBMIT.format(
        options=json.dumps(options), photographs=PHOTOGRAPHS if run.translates else ""
    )
    head = (
        f"# A submission by {run.record.model}\n\n"
        "Made by `ganbench submit`. It needs the competition's data, the data set of "
        "`ganbench kaggle bundle`, a GPU where there is one, and no internet. "
        "It leaves `images.zip`, which is submitted from the notebook's output."
    )
    code = [FIND.format(**names), INSTALL, submit, CHECK]
    cells = [_cell("markdown", 0, head)]
    cells += [_cell("code", number, text) for number, text in enumerate(code, 1)]
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind: str, number: int, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.rstrip("\n").splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
