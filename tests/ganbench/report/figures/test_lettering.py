"""Words stay in their box and stay whole; what is cut says so."""

import pytest

from ganbench.report.figures.lettering import Box, line, whole

BOX = Box(10, 20, 300, 90)
LONG = "word " * 60
TEXTS = [
    "short", "Use <strong>a &amp; b</strong>: 3 &lt; 4", LONG, "x" * 900, "größe Ελλη 模型 🎨 é",
    "W" * 40 + " " + "i" * 400, "<strong>" + "bold " * 40 + "</strong>thin", "",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("spare", [False, True])
def test_all_of_a_text_is_in_its_box(text, spare):
    made = whole(text, BOX, 40, spare=spare)
    plain = text.replace("<strong>", "").replace("</strong>", "")
    plain = plain.replace("&amp;", "&").replace("&lt;", "<")
    assert "".join(made.text.split()) == "".join(plain.split())
    assert made.width <= BOX.width and made.height <= BOX.height


def test_letters_are_as_large_as_the_box_allows():
    assert whole("short", BOX, 40).size == 40
    assert 6 < whole(LONG, BOX, 40).size < whole(LONG, Box(0, 0, 600, 180), 40).size


def test_a_last_line_of_one_word_is_spared():
    text = "eight words that nearly fit into two lines"
    plain, spared = (whole(text, Box(0, 0, 245, 200), 24, spare=way) for way in (False, True))
    assert len(plain.lines[-1]) == 1
    assert len(spared.lines) == len(plain.lines) - 1 and spared.size < plain.size


def test_an_interval_is_not_broken():
    lines = whole("better by 14.2 (9.2 to 19.2) in all", Box(0, 0, 150, 200), 20).lines
    assert any("(9.2\u00a0to\u00a019.2)" in word[0][0] for words in lines for word in words)


def test_a_name_is_cut_within_so_that_two_can_be_told_apart():
    box = Box(0, 0, 120, 20)
    first, second = (line(f"a-model:{'x' * 60}={k}", box, (16, 11), bold=True) for k in (1, 2))
    assert first.text != second.text and first.text.startswith("a-") and "…" in first.text
    assert max(first.width, second.width) <= 120 and first.size == 11
    assert line("dcgan", box, (16, 11)).size == 16
