"""The README holds what it says."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_nothing_is_left_to_fill_in():
    assert "@@" not in README


def test_every_file_it_names_is_there():
    named = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(named) > 3
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_example_is_as_long_as_it_says():
    lines = (ROOT / "examples" / "tiny_gan.py").read_text(encoding="utf-8").count("\n")
    assert f"in {lines} lines" in README
