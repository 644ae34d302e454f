"""One stream of what a run was, counted and drew, in no tracker's words."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from heapq import merge
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.record import Record, Score
from ganbench.system import files, safe_read
from ganbench.system.text import shown
from ganbench.trackers import history, names, pictures
from ganbench.trackers.numbers import LARGEST, Numbers, moment
from ganbench.trackers.pictures import Picture

Setting = str | int | float | bool
LATEST = 2.0**32  # seconds since 1970 that may be meant
MOST_SETTINGS = 200
# What is told of the machine: it may be sent on, so nothing that names it, its user or its folders.
ENVIRONMENT = (
    *("ganbench", "commit", "python", "platform", "cpu", "gpu", "device", "threads"),
    *("precision", "deterministic", "launches"),
)


@dataclass
class Tally:
    """What has gone through so far."""

    numbers: int = 0
    pictures: int = 0
    problems: list[str] = field(default_factory=list)  # a sentence for all that was left out


@dataclass(frozen=True)
class TrackedRun:
    """A run as a tracker is told of it."""

    name: str  # a plain file's name, of this run alone
    folder: Path
    record: Record
    began: float  # seconds since 1970
    tally: Tally

    @property
    def label(self) -> str:
        return shown(self.record.label)

    @property
    def title(self) -> str:
        """What a person calls it."""
        return f"{self.label} {shown(self.record.framework)} seed {self.record.seed}"

    def numbers(self) -> Iterator[Numbers]:
        """Losses and speed of each row of its log, scores of each snapshot; by step."""
        for found in merge(self._history(), _curve(self.record), key=lambda one: one.step):
            self.tally.numbers += len(found.values)
            yield found

    def final(self) -> Numbers:
        """Scores and costs at its end."""
        used = self.record.used
        place = moment(used.steps, used.seconds, used.target_pictures) or (0, 0.0, 0)
        found = Numbers(*place, _ending(self.record))
        self.tally.numbers += len(found.values)
        return found

    def pictures(self) -> Iterator[Picture]:
        """Frames of its film by step, then its last samples."""
        for found in pictures.drawn(self.folder, self.record):
            if isinstance(found, Picture):
                self.tally.pictures += 1
                yield found
            else:
                self.tally.problems.append(found.problem)

    def settings(self) -> dict[str, Setting]:
        """All that it was told to do and where it ran, flat: tables of settings have one level."""
        known = asdict(self.record)
        same = ("model", "label", "framework", "seed", "size", "budget", "source", "suite", "key")
        told: dict[str, Any] = {name: known[name] for name in same}
        told |= {"status": known["status"]["name"], "status_reason": known["status"]["reason"]}
        told |= {f"settings/{key}": value for key, value in known["settings"].items()}
        told |= {f"environment/{key}": value for key, value in known["environment"].items()
                 if key in ENVIRONMENT}  # fmt: skip
        told |= {f"parameters/{key}": n for key, n in known["cost"]["parameters"].items()}
        return _flat(told)

    def _history(self) -> Iterator[Numbers]:
        try:
            yield from history.rows(self.folder, self.record)
        except InputError as error:
            self.tally.problems.append(f"losses of {self.folder.name} are not all here: {error}")


def tracked(runs: Iterable[tuple[Path, Record]], tally: Tally) -> list[TrackedRun]:
    """The runs of a suite, each under a name of its own."""
    listed = list({folder: (folder, run) for folder, run in runs}.values())
    called = names.parts(
        f"{names.part(run.label)[:60]}.{names.part(run.framework)[:20]}"
        f"-seed{str(run.seed)[:20]}-{run.key}"
        for _, run in listed
    )
    return [
        TrackedRun(name, folder, run, _began(folder, run), tally)
        for name, (folder, run) in zip(called, listed, strict=True)
    ]


def _curve(run: Record) -> list[Numbers]:
    found = []
    for point in run.curve:
        place = moment(point.step, point.seconds, point.pictures)
        if place is not None:
            found.append(Numbers(*place, _scores("score", point.scores)))
    return sorted(found, key=lambda one: one.step)


def _scores(group: str, scores: dict[str, Score]) -> dict[str, float]:
    known = {key: score.value for key, score in scores.items() if score.value is not None}
    called = (f"{group}/{name}" for name in names.parts(known))
    return dict(zip(called, known.values(), strict=True))


def _ending(run: Record) -> dict[str, float]:
    """Final scores, those without the average of the weights, and every cost that was measured."""
    costs = asdict(run.used) | asdict(run.cost)
    costs["parameters"] = sum(run.cost.parameters.values()) or None
    measured = {f"cost/{name}": float(value) for name, value in costs.items()
                if isinstance(value, int | float)}  # fmt: skip
    return _scores("final", run.scores) | _scores("final_raw", run.raw_scores) | measured


def _flat(told: dict[str, Any]) -> dict[str, Setting]:
    """Settings under names that every tracker takes; lists and mappings as JSON, text in a line."""
    some = list(told.items())[:MOST_SETTINGS]
    groups = (key.partition("/") for key, _ in some)
    called = names.parts(f"{group}.{name}" if name else group for group, _, name in groups)
    return {name: _setting(value) for name, (_, value) in zip(called, some, strict=True)}


def _setting(value: Any) -> Setting:
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < LARGEST):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return shown(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _began(folder: Path, run: Record) -> float:
    """When it was first started; by its diary, or else by when its record was written."""
    try:
        first, _, _ = safe_read.read_bytes(files.inside(folder, "events.jsonl")).partition(b"\n")
        found = datetime.fromisoformat(json.loads(first)["time"]).timestamp()
    except (InputError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        found = (folder / "record.json").stat().st_mtime - min(run.used.wall_seconds, LATEST)
    return found if 0 < found < LATEST else 0.0
