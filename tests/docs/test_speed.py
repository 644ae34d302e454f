"""The tables of docs/speed.md: of `make speed`, and of the GPUs that gpu.py was run on.

To write it anew: GANBENCH_WRITE_DOCS=1 pytest tests/docs/test_speed.py
"""

import json
import os
import re
from typing import Any

import pytest

from .pages import DOCS
from .records import REFERENCE

PAGE = DOCS / "speed.md"
WRITTEN = r"(?<=<!-- {} written by tests/docs/test_speed.py -->\n).*?(?=<!-- end -->)"
BLOCK, GPU_BLOCK = (re.compile(WRITTEN.format(kind), re.DOTALL) for kind in ("speed:", "gpu:"))


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


def gpu_table(record: dict[str, Any]) -> str:
    """Steps a second on one card, a line for each way; empty of a record without any."""
    models = (record.get("speed") or {}).get("found") or {}
    lines = ["| model | way | steps/s | times the peer |", "|---|---|---:|---:|"]
    for model, ways in models.items():
        for way, row in ways.items():
            if "failed" in row:
                lines.append(f"| {model} | {way} | failed | |")
                continue
            times = "" if way == "peer" or "times_peer" not in row else f"{row['times_peer']:.2f}"
            spread = f"{row['median']:.4g} ({row['least']:.4g} to {row['most']:.4g})"
            lines.append(f"| {model} | {way} | {spread} | {times} |")
    if not models:
        return ""
    about = record["about"]["found"]
    return "\n".join([*lines, "", f"On {about['card']}, torch {about['torch']}.", ""]) + "\n"


def gpu_tables() -> str:
    """Of all cards that benchmarks/gpu.py has been run on in its present form."""
    found = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(REFERENCE.glob("gpu-*.json"))
    ]
    tables = [table for record in found if "what" not in record and (table := gpu_table(record))]
    return "".join("\n" + table for table in tables)


@pytest.mark.parametrize(
    ("block", "drawn"), [(BLOCK, lambda: "\n" + speed_table()), (GPU_BLOCK, gpu_tables)]
)
def test_the_table_is_the_record(block, drawn):
    wanted, text = drawn(), PAGE.read_text(encoding="utf-8")
    if os.environ.get("GANBENCH_WRITE_DOCS"):
        text = block.sub(lambda _: wanted, text)
        PAGE.write_text(text, encoding="utf-8")
    assert block.findall(text) == [wanted]


def test_a_table_of_a_gpu_says_what_was_faster_than_the_peer():
    row = {"median": 120.44, "least": 118.0, "most": 121.0, "times_peer": 12.345}
    record = {
        "about": {"found": {"card": "NVIDIA H200", "torch": "2.15.0"}},
        "speed": {"found": {"dcgan": {"captured, tf32": row, "peer": row | {"times_peer": 1.0}}}},
    }
    assert gpu_table(record).rstrip().splitlines() == [
        "| model | way | steps/s | times the peer |",
        "|---|---|---:|---:|",
        "| dcgan | captured, tf32 | 120.4 (118 to 121) | 12.35 |",
        "| dcgan | peer | 120.4 (118 to 121) |  |",
        "",
        "On NVIDIA H200, torch 2.15.0.",
    ]
    assert gpu_table(record | {"speed": {"found": None}}) == ""
    assert gpu_table(record | {"speed": None}) == ""


def test_every_ratio_lies_within_its_spread():
    for row in speeds()["rows"]:
        assert row["least"] <= row["ratio"] <= row["most"], row["what"]
