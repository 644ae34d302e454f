"""What the plan says of the pictures, by dry runs of a plugin that costs nothing to inspect."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from ganbench.cli import plan_summary, progress

PLUGIN = Path(__file__).parents[3] / "examples" / "tiny_gan.py"


@pytest.fixture
def plan(ganbench, tmp_path, monkeypatch):
    """What `ganbench run --dry-run` prints of these pictures for a model from noise."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))

    def call(*more: object) -> str:
        asked = ("run", "--dry-run", "--plugin", PLUGIN, "--models", "tiny-gan", "--size", 16)
        code, out, err = ganbench(*asked, "--device", "cpu", *more)
        assert (code, err) == (0, "")
        return out

    return call


def fill(folder: Path, good: int, broken: int = 0) -> Path:
    folder.mkdir(parents=True)
    for index in range(good):
        Image.new("RGB", (16, 16), (index, 0, 0)).save(folder / f"{index}.png")
    for index in range(broken):
        (folder / f"bad{index:02d}.png").write_text("no picture")
    return folder


def test_class_folders_are_one_set_for_models_from_noise_and_its_test_is_left_alone(plan, tmp_path):
    fill(tmp_path / "pets/train/cats", 3), fill(tmp_path / "pets/train/dogs", 2)
    fill(tmp_path / "pets/test/cats", 4)
    out = plan("--data", tmp_path / "pets")
    assert "pets: 5 pictures · 16 px" in out and "photographs" not in out
    assert "one set, pets: models from noise learn from all of it" in out
    assert "left alone: test (4)" in out


def test_of_many_folders_left_alone_the_first_are_named(plan, tmp_path):
    for index in range(12):
        fill(tmp_path / f"pets/{index}-x/train", 1), fill(tmp_path / f"pets/{index}-x/val", 1)
    (line,) = [one for one in plan("--data", tmp_path / "pets").splitlines() if "left alone" in one]
    assert line.endswith(" and 2 more") and line.count("/val (1)") == 10


def test_a_target_alone_is_named_and_counted(plan, tmp_path):
    out = plan("--target", fill(tmp_path / "dogs", 4), "--held-out", 0.5)
    assert "dogs: 4 pictures" in out and "one set, dogs:" in out
    assert "trained on 2 pictures" in out and "judged by 2 pictures" in out


def test_two_sides_of_a_training_split_say_so(plan, tmp_path):
    for split, count in (("train", 3), ("val", 2)):
        for side in ("photos", "paintings"):
            fill(tmp_path / "set" / split / side, count)
    out = plan("--data", tmp_path / "set")
    assert "3 paintings · 3 photographs" in out and "one set" not in out
    assert "left alone: val (4)" in out


def test_sides_whose_names_do_not_tell_are_called_by_them(plan, tmp_path):
    out = plan("--source", fill(tmp_path / "cats", 3), "--target", fill(tmp_path / "dogs", 2))
    assert "2 pictures in dogs · 3 pictures in cats" in out
    assert "from cats to dogs; --swap turns this round" in out
    assert "paintings" not in out and "photographs" not in out


def test_sides_whose_names_tell_need_no_word_on_their_order(plan, tmp_path):
    out = plan("--source", fill(tmp_path / "photos", 3), "--target", fill(tmp_path / "monet", 2))
    assert "2 paintings · 3 photographs" in out and "--swap" not in out


def test_pairs_side_by_side_are_pointed_out(plan, tmp_path):
    for index in range(2):
        Image.new("RGB", (64, 32), (index, 0, 0)).save(tmp_path / f"{index}.png")
    assert "Cut them into two folders first" in plan("--target", tmp_path)


@pytest.mark.parametrize(
    ("broken", "named", "more"), [(1, 1, ""), (10, 10, ""), (12, 10, "2 more")]
)
def test_the_first_files_that_are_skipped_are_named(plan, tmp_path, broken, named, more):
    out = plan("--target", fill(tmp_path / "d", 2, broken))
    assert f"· {broken} file{'s' * (broken > 1)} skipped" in out
    assert len(re.findall(r"skipped d/bad\d\d\.png: not a picture", out)) == named
    assert (f"skipped {more}" in out) if more else (" more: " not in out)


def test_a_limit_says_of_how_many(plan, tmp_path):
    place = fill(tmp_path / "dogs", 6)
    out = plan("--target", place, "--limit", 4)
    assert "dogs: 4 pictures" in out and "limited to 4 of 6 from dogs, chosen by hash" in out
    assert plan("--target", place, "--limit", 6) == plan("--target", place)


@pytest.mark.parametrize(
    ("more", "sentence", "hint"),
    [
        (("--limit", 0), "limit must be at least 2, not 0", ""),
        (("--limit", -3), "limit must be at least 2, not -3", ""),
        (("--limit", 4, "--held-out", 0.1), "leaves 0 of the 4 pictures of dogs", "larger --limit"),
    ],
)
def test_a_limit_that_leaves_too_few_is_refused(ganbench, tmp_path, more, sentence, hint):
    asked = ("run", "--dry-run", "--plugin", PLUGIN, "--models", "tiny-gan", "--size", 16)
    code, _, err = ganbench(*asked, "--target", fill(tmp_path / "dogs", 6), *more)
    assert code == 2 and sentence in err and hint in err


def test_more_samples_than_the_limit_leaves_are_refused(ganbench, two_domains):
    asked = ("run", "--dry-run", "--data", two_domains, "--size", 32, "--models", "cyclegan-unet")
    code, _, err = ganbench(*asked, "--limit", 3, "--samples", 5)
    assert code == 2 and "only 3 source pictures" in err and "or a larger --limit" in err


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ("0,1,2", "0 1 2"),
        (",".join(map(str, range(10_000))), "0–9999"),
        ("7,0,1,2,3,9,10", "7 0–3 9 10"),
        (",".join(map(str, range(0, 80, 2))), "0 2 4 6 8 10 12 14 16 18 20 22 and 28 more"),
    ],
)
def test_very_many_seeds_take_one_line(plan, tmp_path, seeds, said):
    out = plan("--target", fill(tmp_path / "dogs", 4), "--seeds", seeds)
    (line,) = [line for line in out.splitlines() if " seeds " in line]
    assert line.endswith(f"seeds {said}")
    assert f"{len(seeds.split(',')):,}, 0 done" in out


@pytest.mark.parametrize("terminal", [True, False])
def test_lines_break_between_words_on_a_narrow_terminal_and_nowhere_else(terminal):
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=60, soft_wrap=True, highlight=False)
    said = " runs    dcgan                      pytorch    477,776 parameters, 3.3 GFLOP/step"
    plan_summary.say(console, said, 11)
    lines = file.getvalue().splitlines()
    if terminal:
        assert len(lines) > 1 and max(map(len, lines)) <= 60
        assert " ".join(" ".join(lines).split()) == " ".join(said.split())
        assert all(line.startswith(" " * 11) for line in lines[1:])
    else:
        assert lines == [said]


def test_a_narrow_terminal_has_no_room_for_losses():
    shown = []
    for width in (80, 160):
        file = io.StringIO()
        console = Console(file=file, force_terminal=True, width=width)
        console.print(progress.LiveScreen(console, ())._table())
        shown.append("losses" in file.getvalue())
    assert shown == [False, True]
