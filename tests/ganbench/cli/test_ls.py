"""`ganbench ls`: how it looks on a terminal, in a pipe and to a program."""

import json
import shutil
from pathlib import Path

import pytest

from ganbench.cli.ls import table
from ganbench.runner.run_list import Listed

OLD = Path(__file__).parents[1] / "version_0_1" / "results"


@pytest.fixture
def old(tmp_path):
    return shutil.copytree(OLD, tmp_path / "results")


def test_in_a_pipe_each_line_is_a_run_with_its_command(ganbench, old):
    code, out, err = ganbench("ls", old)
    head, *lines = out.splitlines()
    assert (code, err, len(lines)) == (0, "", 3)
    assert head.split()[:3] == ["suite", "model", "framework"] and head.endswith("continue with")
    command = f"ganbench run --suite {old / 'old' / 'suite.toml'} --results {old}"
    assert [line.endswith(command) for line in lines] == [True, False, True]
    assert "interrupted at 54%" in lines[0] and "random-Inception FD 124.2" in lines[1]
    assert "failed at 12%: ValueError: this model fails after ten steps" in lines[2]


def test_as_json_it_is_one_object(ganbench, old):
    code, out, err = ganbench("ls", old, "--json")
    told = json.loads(out)
    assert (code, err, told["problems"]) == (0, "", [])
    assert [run["status"] for run in told["runs"]] == ["interrupted", "done", "failed"]
    done = told["runs"][1]
    assert Path(done["folder"]).is_absolute() and done["key"] == "4b6be7d5"
    assert done["primary"]["name"] == "random-Inception FD" and done["command"] == ""
    assert done["scores"][done["primary"]["metric"]] == done["primary"]["value"]
    files = [path for path in Path(done["folder"]).rglob("*") if path.is_file()]
    assert done["bytes"] == sum(path.stat().st_size for path in files) > 0
    assert told["bytes"] == sum(run["bytes"] for run in told["runs"])


def test_an_empty_folder_is_a_sentence(ganbench, tmp_path):
    for folder, words in ((tmp_path, "no runs in"), (tmp_path / "nowhere", "there is no folder")):
        for more in ((), ("--json",)):
            code, out, err = ganbench("ls", folder, *more)
            assert (code, out) == (2, "") and words in err


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_lines_fit_and_commands_stand_below(width):
    runs = [
        Listed(Path("r"), "monet", "failed", label="x" * 90, seed=seed, progress=0.3,
               reason="y" * 90, command="go on")
        for seed in range(2)
    ]  # fmt: skip
    *lines, blank, command = table(runs, width)
    assert len(lines) == 3 and max(map(len, lines)) <= width
    assert (blank, command) == ("", "continue with: go on")
    assert "…" in lines[1]


def test_a_name_that_would_move_the_cursor_is_made_harmless():
    (_, line) = table([Listed(Path("r"), "s", "failed", label="a\x1b[2Jb", reason="c\nd")], None)
    assert "\x1b" not in line and "\n" not in line


def test_a_run_that_its_suite_does_not_list_any_more_is_told_from_those_that_it_does():
    runs = [Listed(Path("r"), "monet", "done", label="a", current=current) for current in (1, 0)]
    _, now, before, *_ = table(runs, 120)
    assert "done, earlier" in before and "earlier" not in now
