"""Words for a person: names from outside made printable, bytes and seconds as people say them."""

import unicodedata
from collections.abc import Sequence

SHOWN = 200  # letters of a name in a message
BAD = ("Cc", "Cs")  # control letters and halves of letters
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """`text` from outside for a terminal: without letters that move its cursor or turn the line."""
    return "".join(
        "_" if unicodedata.category(one) in BAD or one in TURNING else one for one in text
    )


def spelled(name: str) -> str:
    """`name` of a file as text that can be written: a byte that is no UTF-8 is spelled \\udcff."""
    return name.encode("utf-8", "backslashreplace").decode()


def shown(name: str) -> str:
    """A name from outside for a message: printable, and cut where it is very long."""
    return printable(name if len(name) <= SHOWN else f"{name[: SHOWN - 1]}…")


def some_of(words: Sequence[str], most: int = 10) -> str:
    """Say the first of many: a, b, c and 7 more."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more:,} more" if more > 0 else "")


def in_a_row(numbers: Sequence[int], fewest: int = 4) -> list[str]:
    """Rising whole numbers as people say them: 0, 1, 7 each, but 0–99 for a hundred in a row."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    said: list[str] = []
    for row in found:
        said += map(str, row) if len(row) < fewest else [f"{row[0]}–{row[-1]}"]
    return said


def size_words(count: float) -> str:
    """Say bytes as people do: 512 MiB, 1.5 GiB."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def duration(seconds: float) -> str:
    """Say seconds as people do: 48 s, 12 min, 3 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
