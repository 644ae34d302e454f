"""No number gets into a page unless it was measured and kept, or is given with its reason.

`numbers.toml` says for each page what of it is written by tests, which of its phrases are made of
which record (`records.py`), and which numbers are given: settings, definitions, figures of papers.
What is then left of the page must hold no number that looks measured: none with a unit, a decimal
point or a sign, and none at all in a column that is headed "measured".
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .pages import DOCS, ROOT
from .records import records

LIST: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "numbers.toml").read_text(encoding="utf-8")
)
CHECKED = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in CHECKED]

WRITTEN = re.compile(
    r"<!-- [^>]*written by \S+ -->\n(?:(?:\|[^\n]*\n)+|.*?<!-- end -->)", re.DOTALL
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
TYPED = re.compile(r"^\$ .*$", re.MULTILINE)
NO_TEXT = re.compile(r"`[^`\n]+`|\]\([^)]*\)|<!--.*?-->", re.DOTALL)
VERSION = re.compile(r"\b\d+\.\d+\.\d+\b|\bCVE-[\d-]+")

NUMBER = r"(?<![\w.,/-])[-+±]?\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?(?!\w)"
UNITS = (
    *(
        r"%",
        "ms",
        "s",
        "seconds?",
        "min",
        "minutes?",
        "h",
        "hours?",
        "dB",
        r"x(?! \d)",
        "times",
        "points?",
    ),
    *("KiB", "MiB", "GiB", "kB", "MB", "GB", "bytes", "pictures/s", "pictures a second"),
    *("grey levels?", "deviations?", "standard deviations?", "GFLOP", "M"),
)
JOINED = rf"{NUMBER}(?:(?:, | and | to | or | against | ± ){NUMBER})*"
MEASURED = re.compile(rf"({JOINED})(?: ?(?:{'|'.join(UNITS)})(?![\w/]))?")
SHOWN = re.compile(r"[-+±.%]|[a-zA-Z]$")  # a sign, a decimal point or a unit


@dataclass(frozen=True)
class Told:
    """What numbers.toml says of a page."""

    written_by: str
    tables: dict[str, str]  # how a table begins, and the test that holds it against a record
    measured: list[str]
    given: dict[str, list[str]]  # by the reason


def told(name: str) -> Told:
    entry = LIST.get(name, {})
    parts = (entry.get("written_by", ""), entry.get("tables", {}), entry.get("measured", []))
    return Told(*parts, entry.get("given", {}))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def flat(text: str) -> str:
    """A text on one line, with the minus of programs."""
    return " ".join(text.replace("−", "-").split())


def prose(text: str) -> str:
    """What is said in a page: no code, no addresses, nothing that tests write."""
    text = FENCE.sub(lambda fence: printed(*fence.groups()), text)
    for pattern in (WRITTEN, NO_TEXT, VERSION):
        text = pattern.sub(" … ", text)
    return text


def printed(kind: str, block: str) -> str:
    """Of a block of code what the program says; nothing of what people type."""
    return TYPED.sub("", block) if kind in ("console", "text") else ""


def column_of_figures(text: str) -> str:
    """The cells of every column that is headed "measured"."""
    found, place = [], None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            place = None
        elif "measured" in cells:
            place = cells.index("measured")
        elif place is not None and place < len(cells):
            found.append(cells[place])
    return " | ".join(found)


def without_tables(text: str, beginnings: dict[str, str]) -> str:
    for beginning in beginnings:
        before, found, after = text.partition(beginning)
        assert found, f"no table begins with {beginning!r}"
        text = before + after.partition("\n\n")[2]
    return text


def phrases(page: Told) -> list[str]:
    """All that numbers.toml accounts for, the longest first."""
    kept = [flat(phrase.format(**RECORDS)) for phrase in page.measured]
    return sorted(kept + [one for group in page.given.values() for one in group], key=len)[::-1]


def pattern(phrase: str) -> str:
    """A phrase, but no part of a longer number."""
    return rf"(?<![\d.,-]){re.escape(phrase)}(?!\d|[.,]\d)"


def left(text: str, page: Told) -> list[str]:
    """The numbers of a page that nothing accounts for, with some words around each."""
    text = prose(without_tables(text, page.tables))
    found = []
    for part, every in ((flat(text), False), (flat(column_of_figures(text)), True)):
        for phrase in phrases(page):
            part = re.sub(pattern(phrase), "…", part)
        for match in MEASURED.finditer(part):
            if every or SHOWN.search(match[0]):
                found.append(part[max(0, match.start() - 40) : match.end() + 20])
    return found


RECORDS = records()


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_a_page_is_kept_or_given(name):
    if not told(name).written_by:
        assert left(text_of(name), told(name)) == []


@pytest.mark.parametrize("name", sorted(LIST))
def test_nothing_is_listed_in_vain(name):
    page = told(name)
    text = flat(prose(without_tables(text_of(name), page.tables)))
    assert [phrase for phrase in phrases(page) if not re.search(pattern(phrase), text)] == []


def test_what_is_said_to_be_written_or_held_by_a_test_is():
    for name in LIST:
        page = told(name)
        if page.written_by:
            assert f'"{Path(name).name}"' in text_of(page.written_by)
        for test in page.tables.values():
            file, _, function = test.partition("::")
            assert f"def {function}(" in text_of(f"tests/docs/{file}")
    for name in NAMES:
        for file in re.findall(r"<!-- [^>]*written by (\S+) -->", text_of(name)):
            assert Path(name).name in text_of(file) or "REFERENCE" in text_of(file)


@pytest.mark.parametrize(
    "planted",
    [
        *("It was 3 % better.", "That takes 12 ms.", "Their ratio is 1.31.", "It fell by −4."),
        *("One of 17, 18 and 19 s.", "Some 1,234 pictures/s.", "Twice: 61 ± 5 %.", "3 MiB"),
        "| promise | measured |\n| --- | --- |\n| files | 17 of them |",
        "```console\n$ ganbench ls\n a run, 0.133\n```",
    ],
)
def test_a_number_that_is_nowhere_kept_is_found(planted):
    page = told("docs/failures.md")
    assert left(f"{text_of('docs/failures.md')}\n\n{planted}\n", page) != []


@pytest.mark.parametrize(
    "harmless",
    ["Version 1.2.3 of `x=0.5`", "[a](b/1.5.md)", "```python\nx = 0.5\n```", "8 x 8, 64 px"],
)
def test_versions_code_and_addresses_are_no_figures(harmless):
    assert left(harmless, told("none")) == []
