"""The measured numbers that the pages may quote: the tables of results/reference and of docs/.

A phrase of a page is written as a format string over them, so that the record and the page cannot
part: `{scenes[cyclegan-unet][truth_error_mean]:.1f} grey levels`.
"""

import csv
import json
from pathlib import Path
from typing import Any

from .pages import DOCS, ROOT

REFERENCE = ROOT / "results" / "reference"
COMPARISONS = (
    "scenes",
    "monet-64px",
    "monet-64px-cyclegans",
    "monet-64px-minute",
    "monet-128px",
    "frameworks",
)
LITE2 = ("monet-64px", "monet-64px-cyclegans", "monet-64px-minute", "monet-128px")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def comparison(name: str) -> dict[str, dict[str, Any]]:
    """A comparison.csv by model, with its framework in TensorFlow; the others by their kind."""
    found = {}
    for row in rows(REFERENCE / f"{name}.csv"):
        kind = row["model"] if row["row"] == "model" else row["row"]
        key = f"{kind} tensorflow" if row["framework"] == "tensorflow" else kind
        found[key] = {column: number(text) for column, text in row.items()}
    return found


def gap_by_lite2(table: dict[str, dict[str, Any]]) -> None:
    """Add the style gap closed by Lite2, as docs/metrics.md defines it."""
    photographs, floor = (table[key]["lite2_kd_mean"] for key in ("identity", "floor"))
    for row in table.values():
        row["lite2_gap"] = 100 * (photographs - row["lite2_kd_mean"]) / (photographs - floor)
        half = row["lite2_kd_half_width_over_seeds"]
        row["lite2_gap_half_width"] = 100 * half / (photographs - floor) if half else ""


def screen() -> dict[str, dict[str, str]]:
    """What was tried for the recipes, by model, changes and steps; as it was noted."""
    found = rows(REFERENCE / "recipes-screen.csv")
    return {" ".join((r["model"], r["changes"].replace("`", ""), r["steps"])): r for r in found}


def ladder() -> dict[str, dict[str, Any]]:
    """The rungs of docs/ladder.csv: `64 efficientnet-lite0 kid photographs`."""
    names = ("pixels", "extractor", "metric", "rung")
    return {
        " ".join(filter(None, (row[name] for name in names))): {
            column: number(text) for column, text in row.items()
        }
        for row in rows(DOCS / "ladder.csv")
    }


def falls() -> dict[str, float]:
    """How far a kernel distance through random weights fell below where it began, at most."""
    lowest: dict[str, float] = {}
    for row in rows(DOCS / "sensitivity.csv"):
        if row["metric"] == "random-Inception KD":
            kind = row["distortion"].partition(" (")[0]
            began = lowest.setdefault(f"{kind} begins", float(row["value"]))
            lowest[kind] = max(lowest.get(kind, 0.0), began - float(row["value"]))
    return lowest


def faster() -> dict[str, float]:
    """TensorFlow's pictures a second by PyTorch's."""
    table = comparison("frameworks")
    return {
        model: table[f"{model} tensorflow"]["pictures_per_second"]
        / table[model]["pictures_per_second"]
        for model in ("dcgan", "cyclegan-unet", "cyclegan-resnet")
    }


def score() -> dict[str, dict[str, Any]]:
    """What `ganbench score` said of photographs against paintings, by metric."""
    found = json.loads((REFERENCE / "score-monet.json").read_text(encoding="utf-8"))["results"]
    return {one["key"]: one for one in found}


def records() -> dict[str, Any]:
    """Every table by its name."""
    tables: dict[str, Any] = {name: comparison(name) for name in COMPARISONS}
    for name in LITE2:
        gap_by_lite2(tables[name])
    cluster = json.loads((REFERENCE / "cluster.json").read_text(encoding="utf-8"))
    fleet = json.loads((REFERENCE / "fleet.json").read_text(encoding="utf-8"))
    h100 = json.loads((REFERENCE / "gpu-h100.json").read_text(encoding="utf-8"))
    noted = {row["name"]: row["value"] for row in rows(REFERENCE / "noted.csv")}
    return tables | {
        "factors": comparison("recipes-unet"),
        "factors on scenes": comparison("recipes-unet-scenes"),
        "screen": screen(),
        "ladder": ladder(),
        "falls": falls(),
        "faster": faster(),
        "score": score(),
        "cluster": cluster,
        "fleet": {row["runs"]: row for row in fleet["rows"]},
        "busy": {name: 100 * row["busy_fraction"] for name, row in h100["kernels"].items()},
        "noted": noted,
    }
