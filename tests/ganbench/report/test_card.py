"""The card: what it says, and that everything stays in its place."""

import html
import io
import itertools
import json
import re

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Status
from ganbench.report import card
from ganbench.report.figures import card_layout, svg

FAILED = Status("collapsed", 3, 0.4, "one picture")
LONG = "cyclegan-unet:" + "norm=group," * 7 + "width=3"


def suite(fake, models, pictures=True, seeds=2, **more):
    """Results whose models have these levels; None for one that failed."""
    for label, level in models.items():
        for seed in range(seeds):
            ended = FAILED if level is None else None
            fake.run(label, seed, (level or 0.0) + seed, ended, pictures=pictures)
    return fake.finish(list(models), **more)


def composed(results, public=False):
    return card.compose(record.read_results(results), public)


CASES: dict[str, dict[str, float | None]] = {
    "one": {"cyclegan-unet": 120.0},
    "three": {"dcgan": 182.0, "cyclegan-unet": 131.0, "cyclegan-resnet": 118.0},
    "twelve": {f"{LONG}{k},blocks={k}": 110.0 + 3 * k for k in range(12)},
    "failed": {"cyclegan-unet": None, "x" * 300: None, "dcgan": None},
    "unicode": {"größe:模型=🎨": 120.0, "Ελλη $x$ <strong>&amp;": 130.0},
    "long": {"W" * 300: 120.0, "cyclegan-unet:" + "W " * 80: 121.0},
}


@pytest.mark.parametrize("pictures", [True, False], ids=["pictures", "none"])
@pytest.mark.parametrize("case", CASES)
def test_nothing_overflows_overlaps_or_is_cut(fake, case, pictures):
    made = composed(suite(fake, CASES[case], pictures))
    placed = card_layout.lay_out(made.card)
    boxes = [(m.box.left, m.top, m.box.left + m.width, m.top + m.height) if not m.right else
             (m.box.right - m.width, m.top, m.box.right, m.top + m.height)
             for m in placed.letters if m.text]  # fmt: skip
    for letters in placed.letters:
        assert letters.width <= letters.box.width + 0.5
        assert letters.height <= letters.box.height + 2
    boxes += [(b.left, b.top, b.right, b.bottom) for b, _ in placed.pictures]
    for left, top, right, bottom in boxes:
        assert left >= 56 and right <= 1200 - 55 and top >= 30 and bottom <= 630 - 14
    for (l1, t1, r1, b1), (l2, t2, r2, b2) in itertools.combinations(boxes, 2):
        assert r1 <= l2 + 1 or r2 <= l1 + 1 or b1 <= t2 + 3 or b2 <= t1 + 3
    said = html.unescape(re.sub("</?strong>", "", made.card.headline))
    assert "".join(said.split()) in ["".join(m.text.split()) for m in placed.letters]
    assert bool(placed.pictures) == pictures


@pytest.mark.parametrize("case", ["three", "long", "failed"])
def test_the_margins_of_the_picture_are_empty(fake, case):
    made = composed(suite(fake, CASES[case]))
    image = Image.open(io.BytesIO(card_layout.draw(made.card)))
    assert (image.size, image.format) == ((1200, 630), "PNG")
    pixels = np.asarray(image.convert("RGB")).copy()
    pixels[28:618, 52:1150] = paper = np.array(
        [int(svg.PALETTE["paper"][0][k : k + 2], 16) for k in (1, 3, 5)]
    )
    assert (pixels == paper).all()


def test_it_says_the_verdict_and_three_numbers(results):
    made = composed(results)
    assert made.card.headline.startswith("Use <strong>cyclegan-resnet</strong>")
    (best, of), (gap, than), (cost, what) = made.card.numbers
    assert best == "117.8 ± 8.6" and "random-Inception FD ↓ of cyclegan-resnet" in of
    assert gap == "45.2 better" and than == "than the untouched photographs (36.6 to 53.7)"
    assert cost == "60 s" and what.replace("\u00a0", " ").endswith("900 MiB · 22.8 M parameters")
    (first, *_), *_ = made.card.groups
    assert [tile.name for tile in made.card.groups[0]] == [
        "photograph", "cyclegan-resnet", "cyclegan-unet", "dcgan",
    ]  # fmt: skip
    assert first.said == "as it came: 163.0"


def test_the_same_input_goes_through_every_model(fake):
    made = composed(suite(fake, CASES["three"]))
    for place, group in enumerate(made.card.groups):
        for tile in group:
            if tile.name == "photograph":
                assert (tile.picture == fake.photographs[place]).all()
    assert {len(group) for group in made.card.groups} == {4}


def test_one_seed_is_a_hint_and_has_no_interval(fake):
    made = composed(suite(fake, {"cyclegan-unet": 120.0}, seeds=1))
    assert made.card.numbers[0][0] == "120.0" and "one seed: a hint" in made.card.numbers[0][1]
    assert "(" not in made.card.numbers[1][1] and "intervals" not in made.card.small_print


def test_worse_than_the_photographs_is_said_so(fake):
    made = composed(suite(fake, {"cyclegan-unet": 170.0}, seeds=3))
    value, about = made.card.numbers[1]
    assert value == "8.00 worse" and about == "than the untouched photographs (5.5 to 10.5)"


def test_without_photographs_the_gap_is_to_the_floor(fake):
    made = composed(suite(fake, {"dcgan": 120.0}, identity=None))
    assert made.card.numbers[1][0] == "59.5 away" and "floor" in made.card.numbers[1][1]


def test_where_all_failed_it_says_what_became_of_them(fake):
    made = composed(suite(fake, {"cyclegan-unet": None, "dcgan": None}, pictures=False))
    assert "Not one of the 4 runs finished" in made.card.headline
    assert [level.said for level in made.card.levels] == ["0 of 2 done, 2 collapsed"] * 2
    assert made.card.numbers[2] == ("96 s", "spent on 4 runs")


def test_in_public_it_shows_no_picture_of_the_data_and_no_path(fake):
    domain = {"title": "/home/ada/monet", "count": 3}
    data = {"source": domain, "target": domain}
    results = suite(fake, CASES["three"], data=data)
    secret, public = composed(results), composed(results, public=True)
    assert "/home/ada" in secret.card.top and "ada" not in public.card.top
    assert {tile.name for tile in public.card.groups[0]} == set(CASES["three"])
    shown = [tile.picture for group in public.card.groups for tile in group]
    data_pictures = [*fake.photographs, *fake.paintings]
    assert not any((a == b).all() for a in shown for b in data_pictures)


def test_settings_that_all_models_share_are_left_out_of_small_names(fake):
    models = {f"cyclegan-resnet:norm=group,blocks={k}": 120.0 + k for k in range(3)}
    made = composed(suite(fake, models, seeds=1))
    assert [t.name for t in made.card.groups[0][1:]] == ["blocks=0", "blocks=1", "blocks=2"]
    mixed = {"dcgan": 120.0, "cyclegan-resnet:norm=group": 121.0}
    made = composed(suite(type(fake)(fake.results.parent / "mixed"), mixed, seeds=1))
    assert {t.name for t in made.card.groups[0][1:]} == {"dcgan", "cyclegan-resnet"}


def test_the_command_writes_it_and_says_where(fake, ganbench, tmp_path):
    results = suite(fake, CASES["three"], seeds=1)
    code, out, err = ganbench("card", results)
    assert (code, out, err) == (0, f"{results / 'card.png'}\n", "")
    assert Image.open(results / "card.png").size == (1200, 630)
    code, out, _ = ganbench("card", results, "--out", tmp_path / "b.PNG", "--public", "--json")
    said = json.loads(out)
    assert said["card"] == str(tmp_path / "b.PNG") and "photograph" not in said["pictures"]
    assert len(said["numbers"]) == 3 and said["verdict"].startswith("cyclegan-resnet")
    assert Image.open(tmp_path / "b.PNG").format == "PNG"
    assert ganbench("card", results / "quick")[1] == f"{results / 'quick' / 'card.png'}\n"


def test_equal_results_make_equal_bytes(results):
    assert card_layout.draw(composed(results).card) == card_layout.draw(composed(results).card)


def test_a_picture_that_is_damaged_is_a_note(fake, ganbench):
    results = suite(fake, {"cyclegan-unet": 120.0}, seeds=1)
    (path,) = results.glob("quick/*/views/output.npy")
    path.write_bytes(b"x")
    code, out, _ = ganbench("card", results)
    assert code == 0 and "note: Pictures of cyclegan-unet seed 0 are not shown" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("nowhere",), "there is no folder"),
        (("{r}", "--out", "{r}"), "is no name of a PNG"),
        (("{r}", "--out", "card.jpg"), "is no name of a PNG"),
        (("{r}", "--suite", "other"), "there is no suite other"),
        (("{r}", "--out", "{r}/quick/suite.json/card.png"), "suite.json"),
    ],
)
def test_bad_input_is_one_sentence(results, ganbench, options, said):
    code, out, err = ganbench("card", *(text.format(r=results) for text in options))
    assert (code, out) == (2, "") and said in err and len(err.splitlines()) <= 2


def test_strangers_results_make_a_card(poisoned):
    made = composed(poisoned)
    placed = card_layout.lay_out(made.card)
    assert all(m.width <= m.box.width + 0.5 for m in placed.letters)
    assert card_layout.draw(made.card)[:4] == b"\x89PNG"


def test_a_card_of_nothing_is_not_drawn_over_a_good_one(fake, tmp_path):
    out = tmp_path / "card.png"
    out.write_bytes(b"good")
    with pytest.raises(InputError, match="nothing to draw a card of"):
        card.build(fake.finish(["dcgan"]), out)
    assert out.read_bytes() == b"good"
