"""The tables of docs/recipes.md are the records of results/reference.

To write them anew: GANBENCH_WRITE_DOCS=1 pytest tests/docs/test_recipes.py
"""

import os
import re
from typing import Any

import pytest

from .pages import DOCS
from .records import REFERENCE, records, rows

PAGE = DOCS / "recipes.md"
UNITS = {"gap_closed": " %", "by_lite2": " %", "no_average": " %", "mesh": " dB"}
HEADS = {"gap_closed": "gap closed", "by_lite2": "by Lite2", "no_average": "no average"}
REACHED = {
    "cyclegan-unet": ("monet-64px-cyclegans", "cyclegan-unet"),
    "cyclegan-resnet": ("monet-64px-cyclegans", "cyclegan-resnet"),
    "dcgan": ("monet-64px", "dcgan"),
    "*untouched photographs*": ("monet-64px", "identity"),
    "*paintings of the training*": ("monet-64px", "floor"),
}


def table(heads: list[str], lines: list[list[str]], left: int = 1) -> str:
    rule = "---|" * left + "---:|" * (len(heads) - left)
    body = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"| {' | '.join(heads)} |\n|{rule}\n{body}".replace("|  |", "| |").replace("|  |", "| |")


def minus(text: str) -> str:
    return text.replace("-", "−")


def screen_table(model: str) -> str:
    """All that was tried with a model, in order; bold is what its recipe became."""
    tried = [row for row in rows(REFERENCE / "recipes-screen.csv") if row["model"] == model]
    columns = [name for name in list(tried[0])[3:] if any(row[name] for row in tried)]
    lines = []
    for row in tried:
        cells = [minus(row[name]) + UNITS.get(name, "") if row[name] else "" for name in columns]
        cells[0] = f"{int(row['steps']):,}"
        lines.append([f"**{row['changes']}**" if row["chosen"] else row["changes"], *cells])
    return table([model, *(HEADS.get(name, name) for name in columns)], lines)


def reached_table() -> str:
    """What the small profile reaches in five minutes."""
    tables = records()
    heads = ["model", "steps", "gap closed", "by Lite2", "FWD", "input match", "mesh", "diversity"]
    lines = []
    for name, (suite, key) in REACHED.items():
        row: dict[str, Any] = tables[suite][key]
        trained = not name.startswith("*")
        steps, without = (
            tables["noted"].get(f"{key} {what}", "") for what in ("steps", "KD without the average")
        )
        halves = [row["style_gap_percent_half_width_over_seeds"], row["lite2_gap_half_width"]]
        gaps = [
            f"{gap:.0f} ± {half:.0f} %" if trained else f"{gap:.0f} %"
            for gap, half in zip(
                (row["style_gap_percent_mean"], row["lite2_gap"]), halves, strict=True
            )
        ]
        match = row["input_match_mean"]
        cells = [
            *(steps, *gaps, f"{row['fwd_mean']:.3f}"),
            f"{match:.3g}" if match != "" else "",
            f"{row['mesh_mean']:.1f} dB",
            *(f"{row['lite0_spread_mean']:.2f}", f"{row['lite0_kd_mean']:.4f}", without),
        ]
        lines.append([name, *map(minus, cells)])
    return table([*heads, "KD with the average", "without"], lines)


def factors_table() -> str:
    """The U-Net's small profile with one thing changed, the best first."""
    tables = records()
    tried = [row for row in tables["factors"].items() if row[1]["row"] == "model"]
    lines = []
    for name, row in sorted(tried, key=lambda each: -each[1]["style_gap_percent_mean"]):
        scenes = tables["factors on scenes"].get(name)
        cells = [
            gap_closed(row),
            f"{row['fwd_mean']:.2f}",
            f"{row['input_match_mean']:.3g}",
            f"{row['mesh_mean']:.1f} dB",
            gap_closed(scenes) if scenes else "",
        ]
        label = f"**{name}**" if name == "as it is" else name
        lines.append([label, *map(minus, cells)])
    heads = ["cyclegan-unet, 1,000 steps", "gap closed", "FWD", "input match", "mesh"]
    return table([*heads, "gap closed on scenes"], lines)


def gap_closed(row: dict[str, Any]) -> str:
    """In percent, with its interval over seeds."""
    half = row["style_gap_percent_half_width_over_seeds"]
    return f"{row['style_gap_percent_mean']:.0f} ± {half:.0f} %"


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("reached", reached_table()),
        ("factors", factors_table()),
        *(
            (f"screen of {model}", screen_table(model))
            for model in ("strokes", "cyclegan-unet", "cyclegan-resnet", "dcgan")
        ),
    ],
)
def test_a_table_of_the_recipes_is_the_record(name, drawn):
    block = re.compile(
        rf"(?<=<!-- {name}: written by tests/docs/test_recipes.py -->\n).*?(?=<!-- end -->)",
        re.DOTALL,
    )
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("GANBENCH_WRITE_DOCS"):
        text = block.sub(lambda _: drawn, text)
        PAGE.write_text(text, encoding="utf-8")
    assert block.findall(text) == [drawn]
