"""The results as the page carries them: `ganbench compare` can read them back."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ganbench.errors import InputError
from ganbench.record import Record, Results
from ganbench.system import files

MOST_JSON = 400_000  # characters; beyond, the learning curves stay in the records
_RECORD = TypeAdapter(Record)
_DATA = re.compile('<script type="application/json" id="results">(.*?)</script>', re.DOTALL)


def results_json(results: Results) -> dict[str, Any]:
    """Everything but pictures; of very much, first the curves' protocols stay out, then curves."""
    made: dict[str, Any] = {
        "format": 1,
        "suite": _finite(results.suite),
        "baselines": _finite([asdict(row) for row in results.baselines]),
        "runs": [_plain(record) for _, record in results.runs],
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


def suite_of(page: Path) -> str | None:
    """The suite that a page shows; None for a file that is not one of ours."""
    try:
        text = files.read_bytes(page).decode("utf-8")
        value = json.loads(_DATA.findall(text)[-1])
        return str(value["suite"]["name"])
    except (InputError, ValueError, LookupError, TypeError, RecursionError):
        return None


def _is_too_much(made: dict[str, Any]) -> bool:
    return len(json.dumps(made)) > MOST_JSON


def _plain(record: Record) -> dict[str, Any]:
    """A record as JSON without numbers that are none; far faster than `asdict`."""
    value: dict[str, Any] = json.loads(_RECORD.dump_json(record))
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
