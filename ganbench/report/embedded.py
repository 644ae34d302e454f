"""The results as the page carries them: `ganbench compare` can read them back."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Record, Results
from ganbench.system import files

START, END = b'<script type="application/json" id="results">', b"</script>"
FORMAT = 1
MOST_JSON = 400_000  # characters; beyond, the learning curves stay in the records
_RECORD = TypeAdapter(Record)


def results_json(results: Results) -> dict[str, Any]:
    """Everything but pictures; of very much, first the curves' protocols stay out, then curves."""
    made: dict[str, Any] = {
        "format": FORMAT,
        "suite": _finite(results.suite),
        "baselines": _finite([asdict(row) for row in results.baselines]),
        "runs": [_plain(run) for _, run in results.runs],
        "unreadable": list(results.unreadable),
        "left_out": [],
    }
    if _is_too_much(made):
        made["left_out"] = ["protocol, details, note and about of the curves' scores"]
        for point in (point for run in made["runs"] for point in run["curve"]):
            point["scores"] = {key: _bare(score) for key, score in point["scores"].items()}
    if _is_too_much(made):
        made["left_out"] = ["curve", "film", "snapshots"]
        made["runs"] = [run | {name: [] for name in made["left_out"]} for run in made["runs"]]
    return made


def read_page(path: Path) -> Results:
    """The results that a report.html carries; InputError when it is none, or was changed.

    A page may be a stranger's: nothing of it is run, its size has a bound, and each record is
    checked as one from a folder is. A record that fails is named in `unreadable`.
    """
    parts = files.read_bytes(path).split(START)
    if len(parts) != 2 or END not in parts[1]:
        raise InputError(f"{path} is no report of ganbench: it carries no results")
    value = files.parse_json(path, parts[1].partition(END)[0])
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError(f"{path} carries results of a format that this ganbench does not read")
    kinds = {"suite": dict, "runs": list, "unreadable": list}
    if not all(isinstance(value.get(key), kind) for key, kind in kinds.items()):
        raise InputError(f"{path} is damaged: its results are not whole")
    runs, unreadable = [], [str(text) for text in value["unreadable"]]
    for place, run in enumerate(value["runs"], start=1):
        try:
            runs.append((path.parent, record.validated(run, f"run {place} in {path}")))
        except InputError as error:
            unreadable.append(str(error))
    baselines = record.validated_baselines(value.get("baselines"), f"{path}, baselines,")
    return Results(path.parent, value["suite"], baselines, tuple(runs), tuple(unreadable))


def _is_too_much(made: dict[str, Any]) -> bool:
    return len(json.dumps(made)) > MOST_JSON


def _plain(run: Record) -> dict[str, Any]:
    """A record as JSON without numbers that are none; far faster than `asdict`."""
    value: dict[str, Any] = json.loads(_RECORD.dump_json(run))
    return value


def _bare(score: dict[str, Any]) -> dict[str, Any]:
    """A score with its number, less what the final score of the same run says as well."""
    return score | {"protocol": {}, "details": {}, "note": "", "about": ""}


def _finite(value: Any) -> Any:
    """JSON without numbers that are none."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
