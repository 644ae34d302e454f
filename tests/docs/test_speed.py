"""The table of docs/speed.md is results/reference/speed.json, which `make speed` writes.

To write it anew: GANBENCH_WRITE_DOCS=1 pytest tests/docs/test_speed.py
"""

import json
import os
import re
from typing import Any

from .pages import DOCS
from .records import REFERENCE

PAGE = DOCS / "speed.md"
BLOCK = re.compile(
    r"(?<=<!-- speed: written by tests/docs/test_speed.py -->\n).*?(?=<!-- end -->)", re.DOTALL
)


def speeds() -> dict[str, Any]:
    return json.loads((REFERENCE / "speed.json").read_text(encoding="utf-8"))


def speed_table() -> str:
    """A line for each comparison; a bar that was missed says so."""
    found = speeds()
    lines = ["| ours | peer | times as fast | wanted |", "|---|---|---:|---:|"]
    for row in found["rows"]:
        bar = row["bar"]
        missed = ", missed" if bar is not None and row["ratio"] < bar else ""
        spread = f"{row['least']:.2f} to {row['most']:.2f}"
        wanted = "" if bar is None else f" {bar:.2f}{missed}"
        lines.append(f"| {row['what']} | {row['peer']} | {row['ratio']:.2f} ({spread}) |{wanted} |")
    where = ", ".join(f"{name} {found['machine'][name]}" for name in ("torch", "tensorflow"))
    return "\n".join([*lines, "", f"On {found['machine']['processor']}, {where}.", ""]) + "\n"


def test_the_table_is_the_record():
    drawn, text = "\n" + speed_table(), PAGE.read_text(encoding="utf-8")
    if os.environ.get("GANBENCH_WRITE_DOCS"):
        text = BLOCK.sub(lambda _: drawn, text)
        PAGE.write_text(text, encoding="utf-8")
    assert BLOCK.findall(text) == [drawn]


def test_every_ratio_lies_within_its_spread():
    for row in speeds()["rows"]:
        assert row["least"] <= row["ratio"] <= row["most"], row["what"]
