import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganbench.data import statistics
from ganbench.data.batches import probe_order
from ganbench.data.inspect import inspect_data
from ganbench.data.load import load_one
from ganbench.errors import InputError


def flat(folder: Path, value: int, count: int = 3) -> Path:
    folder.mkdir(parents=True)
    for index in range(count):
        Image.new("RGB", (32, 32), (value, value, value)).save(folder / f"{index}.png")
    return folder


def test_the_page_holds_counts_and_escapes_names_from_outside(make_set, tmp_path: Path) -> None:
    make_set("set/photo", 4), make_set("set/monet", 3)
    (tmp_path / "set/photo/<script>x.jpg").write_text("hello")
    facts = inspect_data(str(tmp_path / "set"), None, None, 32, tmp_path / "out.html")
    page = (tmp_path / "out.html").read_text()
    assert facts["headline"] == "4 photographs and 3 paintings"
    assert "One file cannot be read" in page
    assert "<script" not in page
    assert "&lt;script&gt;x.jpg" in page
    assert "default-src 'none'" in page
    assert json.dumps(facts, allow_nan=False)


def test_the_picture_is_a_png_of_some_size(make_set, tmp_path: Path) -> None:
    make_set("set/photo"), make_set("set/monet")
    inspect_data(str(tmp_path / "set"), None, None, 32, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.format == "PNG"
        assert min(image.size) > 600


@pytest.mark.parametrize("kind", ["html", "png"])
def test_one_set_alone_is_shown_alone(make_set, tmp_path: Path, kind: str) -> None:
    folder = str(make_set("alone"))
    facts = inspect_data(folder, None, None, 32, tmp_path / f"out.{kind}")
    assert facts["pictures"]["count"] == 3
    assert (
        inspect_data(None, folder, None, 32, tmp_path / f"o.{kind}")["pictures"]
        == facts["pictures"]
    )


def test_what_is_left_alone_is_said_once(make_set, tmp_path: Path) -> None:
    for folder in ("d/train/photo", "d/train/monet", "d/test/photo"):
        make_set(folder)
    facts = inspect_data(str(tmp_path / "d"), None, None, 32, tmp_path / "out.html")
    assert facts["headline"] == "3 photographs and 3 paintings"
    assert [one for one in facts["warnings"] if "test (3)" in one] == ["Left alone: test (3)."]
    alone = inspect_data(None, None, str(tmp_path / "d/train/monet"), 32, tmp_path / "out.html")
    assert alone["pictures"]["count"] == 3


def test_another_ending_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither .html nor .png"):
        inspect_data("nowhere", None, None, 32, tmp_path / "out.pdf")


def test_the_finding_says_which_side_is_brighter_and_by_how_much(tmp_path: Path) -> None:
    dark = statistics.measure(load_one(str(flat(tmp_path / "photo", 20)), 32))
    light = statistics.measure(load_one(str(flat(tmp_path / "monet", 220)), 32))
    sentence = statistics.colours_apart(dark, light)
    assert sentence.startswith("The paintings are brighter than the photographs by 200 of 255")
    assert "deep shadow fills 0.0% of them, against 100.0%" in sentence
    assert statistics.overlap(dark, light) == 0
    assert statistics.overlap(dark, dark) == 1


def test_the_numbers_of_a_portrait_are_those_of_numpy(make_set) -> None:
    domain = load_one(str(make_set("d", 70)), 32)  # more than one chunk
    found = statistics.measure(domain)
    values = np.asarray(domain.pictures, np.float64).reshape(-1, 3)
    assert np.allclose(found.means, values.mean(axis=0))
    assert np.allclose(found.spreads, values.std(axis=0))
    assert np.abs(found.average - domain.pictures.mean(axis=0)).max() <= 0.5
    assert sum(share for _, share in found.palette) == pytest.approx(1)


def test_pictures_on_the_sheet_are_chosen_by_hash_and_not_by_place() -> None:
    names = tuple(f"{index}.png" for index in range(100))
    chosen = probe_order(names)[:10]
    again = probe_order(tuple(reversed(names)))[:10]
    assert {names[index] for index in chosen} == {names[99 - index] for index in again}
    assert list(chosen) != list(range(10))


def test_what_a_reader_should_know_is_said(tmp_path: Path, make_set) -> None:
    photos = load_one(str(make_set("photo", 9)), 64)
    paintings = load_one(str(flat(tmp_path / "monet", 50)), 64)
    said = " ".join(statistics.warnings_of([photos, paintings], ["photographs", "paintings"]))
    assert "3 times as many photographs as paintings" in said
    assert "2 of the paintings repeat another" in said
    assert "9 of the photographs were smaller than 64 px and" in said
    assert "Fewer than 2,048 paintings bias FID upwards" in said


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_quietly_and_fits_a_phone(
    browser: Any, make_set: Any, tmp_path: Path, scheme: str
) -> None:
    make_set("set/photo"), make_set("set/monet")
    (tmp_path / f"set/photo/{'long' * 40}.jpg").write_text("hello")
    inspect_data(str(tmp_path / "set"), None, None, 32, tmp_path / "out.html")
    said: list[str] = []
    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.goto((tmp_path / "out.html").as_uri())
    width = page.evaluate("document.documentElement.scrollWidth")
    shown = page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    page.close()
    assert [line for line in said if not line.startswith(("file:", "data:"))] == []
    assert width == 390
    assert shown


def test_pictures_that_are_nearly_black_are_counted(make_set, tmp_path: Path) -> None:
    make_set("set/monet", 3), make_set("set/photo", 2)
    for index in range(2):
        values = np.full((32, 32), 4000 + index, np.uint16)
        Image.fromarray(values).save(tmp_path / f"set/photo/deep-{index}.png")
    facts = inspect_data(str(tmp_path / "set"), None, None, 32, tmp_path / "out.html")
    (said,) = [sentence for sentence in facts["warnings"] if "12-bit" in sentence]
    assert said.startswith("2 of the photographs have no value above 16 of 255")


def test_the_first_files_left_out_are_named_with_their_reasons(make_set, tmp_path: Path) -> None:
    folder = make_set("pictures")
    for index in range(5):
        (folder / f"x{index}.jpg").write_text("hello")
    said = " ".join(statistics.warnings_of([load_one(str(folder), 32)], ["pictures"]))
    assert "5 files were left out of the pictures: x0.jpg (not a picture), x1.jpg" in said
    assert "x2.jpg (not a picture) and 2 more." in said and "x3.jpg" not in said


@pytest.mark.parametrize(("odd", "pairs"), [((64, 32), True), ((60, 32), False)])
def test_pictures_that_may_be_pairs_side_by_side_are_pointed_out(
    tmp_path: Path, odd: tuple[int, int], pairs: bool
) -> None:
    for index, size in enumerate([(128, 64), (64, 32), odd]):
        Image.new("RGB", size, (index, 0, 0)).save(tmp_path / f"{index}.png")
    said = " ".join(statistics.warnings_of([load_one(str(tmp_path), 32)], ["pictures"]))
    assert ("Are they pairs side by side?" in said) == pairs


def test_nothing_is_said_in_empty_lines(ganbench, make_set, tmp_path: Path) -> None:
    code, out, _ = ganbench("data", "inspect", make_set("alone"), "--out", tmp_path / "o.html")
    assert code == 0 and all(out.splitlines())
