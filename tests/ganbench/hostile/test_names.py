"""Names that would move a cursor, end a page or stop an encoder, where people read them."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from ganbench.cli import bars
from ganbench.data.load import load_one
from ganbench.scoring.image_sets import open_side

NAMES = (b"new\nline.png", b"\x1b]0;title\x07.png", b"\xff\xfe.png", b"[bold].png", b"<b>.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good pictures and broken ones under bad names, in a folder with a bad name of its own."""
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x1b[2J\n\xff[x]<script>alert(1)<"))
    place.mkdir()
    draw = np.random.default_rng(0)
    for name in NAMES:
        path = os.fsdecode(os.fsencode(place) + b"/" + name)
        Image.fromarray(draw.integers(0, 256, (16, 16, 3), np.uint8)).save(path)
        Path(f"{path}.jpg").write_bytes(b"broken")
    return place


def test_inspect_says_and_shows_them_without_harm(folder: Path, tmp_path: Path, ganbench) -> None:
    code, out, err = ganbench("data", "inspect", folder, "--size", 16, "--out", tmp_path / "a.html")
    assert code == 0
    assert "5 pictures in _[2J__[x]" in out and "\x1b" not in out + err
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page and "<b>.png" not in page
    assert "&lt;b&gt;.png" in page


def test_a_domain_of_them_is_json(folder: Path) -> None:
    described = load_one(str(folder), 16).describe()
    json.dumps(described, ensure_ascii=False).encode()
    assert "\\udcff\\udcfe.png.jpg" in [one["name"] for one in described["skipped"]]


def test_score_names_them(folder: Path) -> None:
    side = open_side(str(folder))
    assert sum(map(len, side.parts(4))) == len(NAMES)
    assert set(side.skipped().values()) == {"not a picture"}
    json.dumps(side.skipped(), ensure_ascii=False).encode()


def test_a_title_is_no_markup_of_the_bar() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True)
    with bars.on(console) as tick:
        tick("[/x] monet", 1, 2)
    assert "[/x] monet" in screen.getvalue()


def test_an_error_about_them_moves_no_cursor(tmp_path: Path, ganbench) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "\x1b[2J.txt").touch()
    code, out, err = ganbench("data", "inspect", tmp_path / "set")
    assert code == 2
    assert "_[2J.txt" in err and "\x1b" not in out + err
