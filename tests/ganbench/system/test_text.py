"""How numbers and names are said."""

import pytest

from ganbench.system import text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (48.4, "48 s"), (89.4, "89 s"), (90, "2 min"), (720, "12 min"),
        (89 * 60, "89 min"), (90 * 60, "1 h 30 min"), (11_100, "3 h 05 min"),
    ],
)  # fmt: skip
def test_a_duration_is_said_as_people_do(seconds, said):
    assert text.duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(512 * 2**20, "512 MiB"), (2**30, "1.0 GiB"), (1.5 * 2**30, "1.5 GiB"), (0, "0 MiB")],
)
def test_bytes_are_said_as_people_do(count, said):
    assert text.size_words(count) == said


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([], []),
        ([0, 1, 7], ["0", "1", "7"]),
        (range(100), ["0–99"]),
        ([1, 2, 3], ["1", "2", "3"]),
        ([1, 2, 3, 4, 9], ["1–4", "9"]),
        ([0, 3, 4, 5, 6, 10, 11], ["0", "3–6", "10", "11"]),
    ],
)
def test_whole_numbers_in_a_row_are_said_by_their_ends(numbers, said):
    assert text.in_a_row(list(numbers)) == said


def test_the_first_of_many_are_said_and_the_others_counted():
    assert text.some_of(["a", "b"], 2) == "a, b"
    assert text.some_of(["a", "b", "c"], 2) == "a, b and 1 more"
    assert text.some_of(["a"] * 2000, 1) == "a and 1,999 more"


def test_a_long_name_is_cut_and_what_moves_a_cursor_is_not_printed():
    assert text.shown("x" * text.SHOWN) == "x" * text.SHOWN
    long = text.shown("x" * (text.SHOWN + 1))
    assert len(long) == text.SHOWN and long.endswith("x…")
    assert text.shown("a\x1b[2Jb\u202ec\ud800") == "a_[2Jb_c_"
