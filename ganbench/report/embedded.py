"""The results as the page carries them: `ganbench compare` can read them back."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Record, Results
from ganbench.system import files

START, END = b'<script type="application/json" id="results">', b"</script>"
FORMAT = 1
SHORT = 2  # the format of very many runs, which say only what is not as in `like`
MOST_JSON = 400_000  # characters; beyond, the learning curves stay in the records
MOST_RUNS = 800_000  # characters; beyond, all that is of single runs does
SCORES = ("scores", "raw_scores")
OF_FILES = ("curve", "film", "snapshots", "sha256")  # names, digests and moments of what lies there
_RECORD = TypeAdapter(Record)


def results_json(results: Results) -> dict[str, Any]:
    """Everything but pictures; of very much, first the curves' protocols stay out, then curves.

    Then what runs have alike stands once and, of too many, none is there: see `read_page`.
    """
    made: dict[str, Any] = {
        "format": FORMAT,
        "suite": _finite(results.suite),
        "baselines": _finite([asdict(row) for row in results.baselines]),
        "runs": [],
        "unreadable": list(results.unreadable),
        "left_out": [],
    }
    runs = [run for _, run in results.runs]
    if _fits(made["runs"], map(_plain, runs), MOST_JSON):
        return made
    made["left_out"] = ["protocol, details, note and about of the curves' scores"]
    if _fits(made["runs"], map(_with_bare_curve, runs), MOST_JSON):
        return made
    like = _like(runs)
    short = {"format": SHORT, "left_out": list(OF_FILES), "like": like}
    if _fits(made["runs"], (_beyond(run, like) for run in runs), MOST_RUNS):
        return made | short
    return made | {"left_out": ["runs"]}


def _fits(place: list[Any], runs: Iterable[dict[str, Any]], most: int) -> bool:
    """Put runs in their place as long as they are at most so many characters, or none."""
    place.clear()
    size = 0
    for run in runs:
        size += len(json.dumps(run))
        if size > most:
            place.clear()
            return False
        place.append(run)
    return True


def _like(runs: Sequence[Record]) -> dict[str, Any]:
    """One run, and one score of each metric, to tell by what is other in the others."""
    scores: dict[str, Any] = {}
    for run in runs:
        for told in (run.scores, run.raw_scores):
            scores |= {key: score for key, score in told.items() if key not in scores}
    found = _plain(_without_files(replace(runs[0], scores=scores)))
    return {"run": found | {name: {} for name in SCORES}, "scores": found["scores"]}


def _without_files(run: Record) -> Record:
    return replace(run, curve=(), film=(), snapshots=(), sha256={})


def _beyond(run: Record, like: dict[str, Any]) -> dict[str, Any]:
    """What of a run is not as in `like`; `_whole` is the way back."""
    value = _plain(_without_files(run))
    for name in SCORES:
        value[name] = {k: _other(score, like["scores"][k]) for k, score in value[name].items()}
    return _other(value, like["run"])


def _other(value: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item != like[key]}


def _whole(run: Any, like: Any) -> Any:
    """A run with all that it has as in `like`; what is none stays, and is told as that."""
    try:
        whole = like["run"] | run
        told = {name: whole[name].items() for name in SCORES}
        return whole | {
            name: {key: like["scores"][key] | score for key, score in told[name]} for name in SCORES
        }
    except (KeyError, TypeError, AttributeError):
        return run


def read_page(path: Path) -> Results:
    """The results that a report.html carries; InputError when it is none, or was changed.

    A page may be a stranger's: nothing of it is run, its size has a bound, and each record is
    checked as one from a folder is. A record that fails is named in `unreadable`.
    """
    parts = files.read_bytes(path).split(START)
    if len(parts) != 2 or END not in parts[1]:
        raise InputError(f"{path} is no report of ganbench: it carries no results")
    value = files.parse_json(path, parts[1].partition(END)[0])
    if not isinstance(value, dict) or value.get("format") not in (FORMAT, SHORT):
        raise InputError(f"{path} carries results of a format that this ganbench does not read")
    kinds = {"suite": dict, "runs": list, "unreadable": list}
    if not all(isinstance(value.get(key), kind) for key, kind in kinds.items()):
        raise InputError(f"{path} is damaged: its results are not whole")
    if value.get("left_out") == ["runs"]:
        raise InputError(f"{path} carries no runs, there are too many", "name the results folder")
    runs, unreadable = [], [str(text) for text in value["unreadable"]]
    like = value.get("like")
    for place, run in enumerate(value["runs"], start=1):
        try:
            found = _whole(run, like) if like else run
            runs.append((path.parent, record.validated(found, f"run {place} in {path}")))
        except InputError as error:
            unreadable.append(str(error))
    baselines = record.validated_baselines(value.get("baselines"), f"{path}, baselines,")
    return Results(path.parent, value["suite"], baselines, tuple(runs), tuple(unreadable))


def _with_bare_curve(run: Record) -> dict[str, Any]:
    value = _plain(run)
    for point in value["curve"]:
        point["scores"] = {key: _bare(score) for key, score in point["scores"].items()}
    return value


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
