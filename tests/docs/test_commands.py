"""Every command that a page shows is one that there is, and most of them are run.

- *Run*, page by page and in order, in a folder with what the pages speak of (`world`): all of
  `ganbench` but the following. One suite is trained there, for two steps. Other commands that would
  train get `--dry-run`: everything is read, checked and planned. `here_and_small` says what else is
  changed.
- *Parsed only*: what meets TensorFlow, which shares no process with torch (tests marked for it do
  the same), what takes long and is run elsewhere (`doctor`, ONNX), and `make`. Words and options
  have to be there.
- *Marked*: `<!-- not run: needs the network -->` above a block; parsed like all others.
"""

import re
import shutil
import sys
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer

from ganbench.cli import main
from ganbench.jobs import ExportJob, ImportJob, InspectJob, ScoreJob, TrainJob
from ganbench.planning import inspect_models
from ganbench.scoring import suite_scorer
from ganbench.trained import export_weights, import_weights
from ganbench.training import worker

from ..ganbench.conftest import _RECORD as A_RECORD
from ..ganbench.conftest import do_here, set_variables
from ..ganbench.trained.conftest import draw_folder, make
from ..ganzoo import official_networks as official
from .pages import PAGES, ROOT, commands, inline_code

ALL = commands()
OURS = [command for command in ALL if command.words[0] == "ganbench"]
TENSORFLOW = re.compile(r"tensorflow|tfrecord|\.h5\b")
LONG = re.compile(r"doctor|onnx")  # tests/ganbench/cli/test_main.py, trained/test_export_weights.py
TINY = ("--size", "32", "--budget", "2step", "--samples", "8", "--device", "cpu", "--threads", "1")


RUN = [
    command
    for command in OURS
    if not (command.unrun or TENSORFLOW.search(str(command)) or LONG.search(str(command)))
]


# Every command is one that there is


def parse(words: tuple[str, ...]) -> None:
    """Read a command line as the command does, and carry nothing out; raises what typer does."""
    command, rest = typer.main.get_command(main.app), list(words[1:])
    while groups := getattr(command, "commands", {}):
        assert rest and rest[0] in groups, f"no such command: {words}"
        command = groups[rest.pop(0)]
    command.make_context(words[0], rest)


def test_the_pages_show_commands():
    assert len(OURS) > 40
    assert {"README.md", "docs/tutorial.md", "docs/scoring.md"} <= {c.page for c in ALL}


@pytest.mark.parametrize("command", OURS, ids=str)
def test_a_command_and_its_options_are_there(command):
    parse(command.words)


@pytest.mark.parametrize("line", ["ganbench paint x", "ganbench run --speed 3", "ganbench ls a b"])
def test_what_is_no_command_is_found(line):
    with pytest.raises(Exception, match=r"(?i)no such|extra argument"):  # of typer's own
        parse(tuple(line.split()))


@pytest.mark.parametrize("command", [c for c in ALL if c not in OURS], ids=str)
def test_other_commands_are_targets_of_make_or_of_the_shell(command):
    program, *arguments = command.words
    targets = re.findall(
        r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert program in ("make", "source")
    if program == "make":
        assert set(arguments) <= set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_options_and_commands_in_the_text_are_there(page):
    known: Any = typer.main.get_command(main.app)
    options = {
        option
        for command in every(known)
        for p in command.params
        for option in (*p.opts, *p.secondary_opts)
    }
    options |= {"--help", "--editable", "--constraints"}  # of typer and of pip
    for code in inline_code(page):
        words = code.split()
        if words[0] == "ganbench" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in known.commands, code
        if re.match(r"(ganbench|--)", code):
            used = set(re.findall(r"(?<!\S)--[a-z][\w-]*", code))
            assert used <= options, code


def every(command):
    """A command and all below it."""
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from every(below)


# Most are run


@pytest.fixture(scope="module")
def world(tmp_path_factory, two_domains):
    """A folder with all that the pages speak of, small: pictures, results, files of others."""
    place = tmp_path_factory.mktemp("world")
    for number, name in enumerate(("photographs", "paintings", "outputs", "fake", "real")):
        draw_folder(place / name, 5, 32, seed=number)
    draw_folder(place / "painted", 5)
    (place / "monet-kaggle").mkdir()
    for number, name in enumerate(("photo_jpg", "monet_jpg")):
        draw_folder(place / "monet-kaggle" / name, 16, 32, seed=number)
    shutil.copytree(two_domains, place / "holiday")
    shutil.copytree(two_domains, place / "mine")
    for folder in ("benchmarks", "examples"):
        shutil.copytree(ROOT / folder, place / folder)
    (place / "results" / "monet" / "test_latest").mkdir(parents=True)
    images = draw_folder(place / "results" / "monet" / "test_latest" / "images", 4)
    for path in list(images.iterdir()):
        path.rename(path.with_name(f"{path.stem}_fake_B.png"))
    write_others(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        train(patch, "--models", "dcgan,cyclegan", "--data", "monet-kaggle", "--name", "scenes")
    for name in ("monet-kaggle/cyclegan-unet", "imported/tutorial"):
        make(place / "results" / name, A_RECORD, "cyclegan-unet", size=256)
    (place / "last-week").mkdir()
    shutil.copy(place / "results" / "report.html", place / "last-week")
    return place


def write_others(place: Path) -> None:
    """Weights as other programs leave them."""
    torch.save(official.ResNet(4, 2).state_dict(), place / "latest_net_G_A.pth")
    torch.save(official.ResNet(4, 2).state_dict(), place / "latest_net_G_B.pth")
    torch.save(official.DCGAN(30, 8).state_dict(), place / "netG_epoch_24.pth")


def train(patch: pytest.MonkeyPatch, *words: str) -> None:
    """A suite of two steps, by the real command, in this process, which has torch already."""
    patch.setattr(
        inspect_models, "measure_on_meta", lambda *_: None
    )  # of the memory; it takes long
    do_here(patch, "ganbench.planning.inspect_models", InspectJob, inspect_models.describe)
    do_here(patch, "ganbench.training.worker", TrainJob, worker.work)
    do_here(patch, "ganbench.scoring.suite_scorer", ScoreJob, suite_scorer.score_suite)
    set_variables(patch)
    patch.setattr(sys, "argv", ["ganbench", "run", *words, *TINY])
    with pytest.raises(SystemExit) as exit_:
        main.main()
    assert not exit_.value.code


@pytest.fixture
def inside(world, tmp_path, monkeypatch):
    """The current folder is a copy of the world."""
    shutil.copytree(world, tmp_path / "world")
    monkeypatch.chdir(tmp_path / "world")
    return tmp_path / "world"


def here_and_small(words: tuple[str, ...], place: Path) -> list[str]:
    """The command for the world: runs by the names they have here, plans instead of training."""
    (run,) = place.glob("results/scenes/dcgan.pytorch-seed0-*")
    shown = re.compile(r"results/\w+/dcgan\.pytorch-seed0-\w+")
    changed = [shown.sub(f"results/scenes/{run.name}", word) for word in words[1:]]
    if words[1] == "run":
        if not {"--data", "--source", "--suite"} & set(words):
            changed += ["--data", "monet-kaggle", "--name", "scenes"]  # drawing scenes takes long
        changed += ["--samples", "2"] + (["--dry-run"] if "--dry-run" not in words else [])
    if words[1] == "submit" and "--with" in words:
        changed += ["--photographs", "painted"]
    return changed


@pytest.mark.parametrize("page", sorted({command.page for command in RUN}))
@pytest.mark.usefixtures("here", "few")
def test_the_commands_of_a_page_do_what_they_say(page, inside, ganbench, monkeypatch):
    do_here(monkeypatch, "ganbench.trained.import_weights", ImportJob, import_weights.work)
    do_here(monkeypatch, "ganbench.trained.export_weights", ExportJob, export_weights.work)
    monkeypatch.setattr(inspect_models, "measure_on_meta", lambda *_: None)
    monkeypatch.setattr(webbrowser, "open", lambda url: True)
    failed = []
    for command in (command for command in RUN if command.page == page):
        code, out, err = ganbench(*here_and_small(command.words, inside))
        if code:
            failed.append(f"{command}\n{out}{err}")
    assert not failed, "\n".join(failed)


@pytest.mark.usefixtures("here")
def test_the_lines_of_python_do_what_they_say(inside):
    text = (ROOT / "docs" / "how-to" / "python.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    call = 'ganbench.run(models=["dcgan", "cyclegan"], data="scenes", seeds=range(3))'
    assert lines.count(call) == 1  # trained here by `world`
    photographs = np.zeros((2, 32, 48, 3), np.uint8)
    names: dict[str, Any] = {"photographs": photographs}
    exec(lines.replace(call, 'ganbench.load("results")'), names)
    assert names["run"].translate(photographs).shape == photographs.shape
    assert names["results"].verdict and len(names["results"].table) == 5
