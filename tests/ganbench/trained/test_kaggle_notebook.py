"""The notebook does on Kaggle what the command does here: its cells are run in a like layout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ganbench
from ganbench.errors import InputError
from ganbench.trained import (
    kaggle_bundle,
    kaggle_names,
    kaggle_notebook,
    kaggle_rules,
    trained_run,
)

from .conftest import draw_folder

# In place of `python -m ganbench`: a Kaggle that takes three pictures or more.
FEW = """
import ganbench
from ganbench.trained import kaggle_rules
kaggle_rules.FEWEST = 3
if __name__ == "__main__":
    print("works from", ganbench.__file__, flush=True)
    from ganbench.cli.main import main
    main()
"""


TINY = Path(__file__).parents[3] / "examples" / "tiny_gan.py"


@pytest.mark.parametrize(
    ("name", "plugins"),
    [
        pytest.param("cyclegan-unet", (), marks=pytest.mark.slow),
        pytest.param("dcgan", (), marks=pytest.mark.slow),
        ("tiny-gan", (TINY,)),
    ],
)
def test_its_cells_leave_the_zip_without_internet(made, tmp_path, name, plugins):
    run = trained_run.find(str(made(name, plugins=plugins)))
    data, working = tmp_path / "input", tmp_path / "working"
    working.mkdir()
    # As Kaggle mounts them today; it was flat before.
    place = data / "datasets" / "me" / kaggle_names.data_set(run)
    kaggle_bundle.write(run, place, "me", plugins)
    (data / "competitions" / kaggle_rules.COMPETITION).mkdir(parents=True)
    draw_folder(data / "competitions" / kaggle_rules.COMPETITION / "photo_jpg", 3, ending=".jpg")
    folder = kaggle_notebook.write(tmp_path / "out", run, "me", resize=True)
    book = json.loads((folder / "submission.ipynb").read_text())
    (tmp_path / "few.py").write_text(FEW)
    code = "\n".join("".join(c["source"]) for c in book["cells"] if c["cell_type"] == "code")
    code = code.replace("/kaggle/input", str(data)).replace("/kaggle/working", str(working))
    code = code.replace('"-m", "ganbench"', repr(str(tmp_path / "few.py")))
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], cwd=working, env=env, text=True,
                          capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [path.name for path in working.iterdir()] == ["images.zip"]
    assert "3 pictures, all as Kaggle wants them" in done.stdout
    assert str(place) in done.stdout  # where wheel and run were found
    assert "works from" in done.stdout and ganbench.__file__ not in done.stdout


def test_the_commands_carry_the_plugin_along(made, tmp_path):
    run = trained_run.find(str(made("dcgan")))
    place = tmp_path / kaggle_notebook.FOLDER
    typed = kaggle_notebook.commands(place, run, "me", (Path("my gan.py"),))
    assert typed[0].endswith("--plugin 'my gan.py'") and " --user me " in typed[0]
    assert "--plugin" not in kaggle_notebook.commands(place, run, "me", ())[0]


def test_what_is_missing_there_is_one_sentence(made, tmp_path):
    run = trained_run.find(str(made("dcgan")))
    book = kaggle_notebook.notebook(run, False)
    first = "".join(book["cells"][1]["source"]).replace("/kaggle/input", str(tmp_path))
    with pytest.raises(SystemExit, match="Add Input"):
        exec(compile(first, "cell", "exec"), {})


@pytest.mark.parametrize("resize", [False, True])
def test_it_is_a_notebook_of_format_4_5(made, resize):
    run = trained_run.find(str(made("cyclegan-unet")))
    book = kaggle_notebook.notebook(run, resize)
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert set(book) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in book["cells"]:
        more = {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | more
        assert all(line.endswith("\n") for line in cell["source"][:-1])
    assert ("--resize" in json.dumps(book)) is resize
    try:
        import nbformat
    except ImportError:
        return
    nbformat.validate(book)


def test_what_kaggle_is_told_of_it(made):
    run = trained_run.find(str(made("dcgan", model="my GAN: x" * 9, source="noise")))
    told = kaggle_notebook.metadata(run, "me")
    slug = told["id"].removeprefix("me/")
    assert told["title"].replace(" ", "-") == slug  # or it would be another notebook
    assert 6 <= len(slug) <= 50 and set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert told["enable_internet"] is False and told["is_private"] is True
    assert told["dataset_sources"] == [f"me/{kaggle_names.data_set(run)}"]
    assert told["competition_sources"] == ["gan-getting-started"]


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 60, "$(ls)", "-f"])
def test_a_name_that_is_none_is_one_sentence(name):
    with pytest.raises(InputError, match="no name on Kaggle"):
        kaggle_names.user(name)
