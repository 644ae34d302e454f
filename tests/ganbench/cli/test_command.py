"""What people type who come from other tools, or think that two of an option are two."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from ganbench.cli import command
from ganbench.cli.main import app
from ganbench.errors import InputError

GROUP: Any = typer.main.get_command(app)
LEAVES = {
    f"{name} {inner}".strip(): found
    for name, outer in GROUP.commands.items()
    for inner, found in getattr(outer, "commands", {"": outer}).items()
}
FLAGS = {name for found in LEAVES.values() for each in found.params for name in each.opts}


def parse(*words: str):
    """Read words as the command line does; nothing runs."""
    context = GROUP.make_context("ganbench", list(words))
    name, found, rest = GROUP.resolve_command(context, list(words))
    return found.make_context(name, rest, parent=context)


@pytest.mark.parametrize(
    ("words", "what", "instead"),
    [
        (("run", "--out", "x"), "ganbench run has no --out", "--results FOLDER"),
        (("run", "--batch-size=4"), "no --batch-size", "--models dcgan:batch=32"),
        (("run", "--epochs", "3"), "no --epochs", "--budget 500step"),
        (("run", "--cpu"), "no --cpu", "--device cuda, or cpu"),
        (("generate", "--samples", "3"), "ganbench generate has no --samples", "--count 100"),
        (("translate", "--results", "x"), "ganbench translate has no --results", "--out PATH"),
        (("translate", "--model", "x", "y"), "no --model", "--with RUN"),
        (("run", "--data", "a", "--data=b"), "--data is named twice", "--source PHOTOGRAPHS"),
        (("run", "--models", "a", "--models", "b"), "--models is named twice", "one word"),
        (("train", "--models", "dcgan"), "there is no command train", "ganbench run --models"),
        (("help",), "there is no command help", "ganbench --help"),
    ],
)
def test_what_is_meant_is_told(words, what, instead):
    with pytest.raises(InputError, match=re.escape(what)) as told:
        parse(*words)
    assert instead in told.value.hint


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--data", "--data"),  # the second is what the first names
        ("run", "--device", "cpu", "--device", "cuda"),  # of an alias, and typed over it
        ("run", "--beside", "a", "--beside", "b", "--plugin", "a.py", "--plugin", "b.py"),
        ("score", "a", "b", "--metrics", "fid"),
    ],
)
def test_what_is_no_mistake_is_read(words):
    assert parse(*words).params


def test_what_nothing_is_like_stays_as_typer_says_it():
    with pytest.raises(Exception, match=r"No such option.*--quiet"):
        parse("run", "--quiet")


def test_the_tables_name_what_there_is():
    options = {text.split()[0] for texts in command.INSTEAD.values() for text in texts}
    assert options | set(command.NAMED_ONCE) <= FLAGS
    for text in command.COMMANDS.values():
        if text.startswith("--"):
            continue
        words = text.split()
        assert any(each in LEAVES for each in (words[0], " ".join(words[:2])))
    assert not set(command.COMMANDS) & set(GROUP.commands)


def test_an_option_that_a_command_has_is_never_replaced():
    for found in LEAVES.values():
        context = typer.Context(found)
        for parameter in found.params:
            for name in parameter.opts:
                assert found._instead(context, name) == ""


@pytest.mark.parametrize("words", [("-h",), ("run", "-h"), ("data", "inspect", "-h")])
def test_a_letter_asks_for_help(words):
    done = subprocess.run(
        [sys.executable, "-m", "ganbench", *words], capture_output=True, text=True, cwd=Path("/")
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")
