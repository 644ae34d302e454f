"""Every file of the corpus is accepted as a picture or named with a reason, and harms nothing."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MOST_MB = 1_300  # of memory; one gigabyte for the worst picture, and the program
MOST_SECONDS = 30  # of one file, on a machine that is busy with others; it is half a second alone
OUTSIDE = ("out", "cache")  # where something may be written


def surroundings(root: Path) -> dict[str, str]:
    """All that lies below `root`, apart from what the loader may write."""
    found = {}
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in OUTSIDE]
        for name in (*folders, *names):
            path = Path(folder, name)
            plain = path.is_file() and not path.is_symlink()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if plain else ""
            found[str(path)] = f"{path.lstat().st_mode:o} {digest}"
    return found


@pytest.fixture(scope="module")
def fed(corpus: Path, run) -> dict[str, Any]:
    """What feed.py says, and what it wrote outside the places that it was given."""
    root = corpus.parent
    (root / "here" / "out").mkdir(parents=True)
    before = surroundings(root)
    feeding = (HERE / "feed.py", corpus, root / "out")
    out, words = run(*feeding, cwd=root / "here", GANBENCH_CACHE=root / "cache")
    after = surroundings(root)
    changed = sorted(before.items() ^ after.items())
    return json.loads(out) | {"words": words, "changed": changed, "root": root}


def test_there_are_at_least_300_files_and_each_is_accepted_or_named(fed: dict[str, Any]) -> None:
    assert fed["accepted"] + len(fed["named"]) == fed["listed"]
    assert fed["listed"] + len(fed["archives"]) + len(fed["records"]) >= 400
    assert fed["accepted"] > 50  # a picture with one wrong bit mostly is one still
    assert all(fed["named"].values())
    print({key: fed[key] for key in ("listed", "accepted", "peak_mb", "seconds", "slowest")})


def test_score_reads_or_names_every_file_too(fed: dict[str, Any]) -> None:
    scored = fed["scored"]
    assert scored["looked"] == fed["listed"]
    assert scored["read"] + scored["named"] == scored["of"] > 350


def test_memory_and_time_are_bounded(fed: dict[str, Any]) -> None:
    assert fed["peak_mb"] < MOST_MB
    assert fed["slowest"] < MOST_SECONDS, fed["slowest_name"]


def test_nothing_is_written_outside_and_nothing_crashes(fed: dict[str, Any]) -> None:
    assert fed["changed"] == []
    assert "Traceback" not in fed["words"]
    assert "Warning" not in fed["words"]


@pytest.mark.parametrize("name", ["pipe", "socket", "zero", "random", "tty", "memory", "to-pipe"])
def test_what_is_no_regular_file_is_named(fed: dict[str, Any], name: str) -> None:
    reason = fed["named"][f"nofiles/{name}.jpg"]
    assert "pipe, socket, device" in reason or name == "memory"


def test_links_in_a_circle_or_to_nowhere_are_named(fed: dict[str, Any]) -> None:
    for name in ("a", "b", "itself", "nowhere"):
        assert fed["named"][f"nofiles/{name}.jpg"].startswith("cannot be read (")


def test_bombs_are_refused_before_they_are_unpacked(fed: dict[str, Any]) -> None:
    bombs = {name.removeprefix("bombs/") for name in fed["named"] if name.startswith("bombs/")}
    assert {"png-30000.png", "png-zTXt.png", "png-iCCP.png", "png-pieces.png"} <= bombs
    assert {"jpeg-fill.jpg", "jpeg-exifs.jpg", "jpeg-scans.jpg", "gif-claims.gif"} <= bombs
    assert {"tiff-size.tif", "tiff-tile.tif", "webp-claims.webp", "bmp-rle.bmp"} <= bombs
    assert {"ppm-plain.ppm", "ppm-254.ppm", "ppm-claims.ppm"} <= bombs


def test_only_the_formats_that_are_promised_are_opened(fed: dict[str, Any]) -> None:
    for name in ("postscript.jpg", "icon.png", "tga.png", "vector.png", "pickle.png"):
        assert fed["named"][f"strangers/{name}"] in ("not a picture", "the file is empty")


def test_archives_are_read_as_far_as_they_are_sane(fed: dict[str, Any]) -> None:
    found = fed["archives"]
    assert found["bomb-claims-less.zip"] == {"pictures": 2, "named": ["damaged inside the zip"]}
    assert found["bomb-claims-more.zip"] == {"pictures": 2, "named": ["damaged inside the zip"]}
    assert found["locked.zip"] == {"pictures": 2, "named": ["locked with a password"]}
    assert found["method-14.zip"]["named"] == ["packed in another way than deflated or stored"]
    assert "would unpack to 25 GiB" in found["bomb-many.zip"]
    assert "lists more than 500,000 files" in found["million.zip"]
    assert "not a readable zip" in found["utf8.zip"]
    assert "not a readable zip" in found["cut-5.zip"]


def test_a_zip_with_hostile_names_stays_inside_its_folder(fed: dict[str, Any]) -> None:
    folder = fed["root"] / "out" / "slip.zip"
    written = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(written) == fed["archives"]["slip.zip"]["pictures"] > 10
    assert all(path.resolve().is_relative_to(folder.resolve()) for path in written)
    assert not any(character in str(written) for character in ("\x1b", "\n"))


def test_records_with_false_lengths_are_not_believed(fed: dict[str, Any]) -> None:
    found = fed["records"]
    assert [found[f"length-2-{power}.tfrec"] for power in (16, 31, 32, 63, 64)] == [0] * 5
    assert found["empties.tfrec"] == 1000


def test_strange_names_are_in_the_page_without_harm(fed: dict[str, Any]) -> None:
    page = (fed["root"] / "out" / "page.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page or "49.png" not in page
