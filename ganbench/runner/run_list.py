"""All runs below a results folder: how each stands, what it takes, and what would continue it.

Looked at from outside: nothing is written, and no command at work there is held up.
"""

import math
import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ganbench import budget, record
from ganbench.errors import InputError
from ganbench.planning import shard
from ganbench.planning import suite as suites
from ganbench.planning.plan import FINISHED
from ganbench.record import Record, Score
from ganbench.runner.suite_part import SIDES
from ganbench.system import files, locks, safe_read
from ganbench.training import checkpoint

# Of a run and of its suite: a suite file continues the run where these are the same.
SHARED = (
    *("size", "flip", "jitter", "samples", "curve_samples", "snapshots", "frames"),
    *("held_out", "judge_on"),
)
TAIL = 4096  # bytes of a log, in which its last row lies
WITHOUT = "its process ended without a record"


@dataclass(frozen=True)
class Listed:
    """One run, as far as its folder tells; None and "" where it does not."""

    folder: Path
    suite: str
    status: str  # that of its record, or "training" or "damaged"
    key: str = ""
    model: str = ""
    label: str = ""
    framework: str = ""
    seed: int | None = None
    size: int | None = None  # pixels
    budget: str = ""
    step: int = 0
    progress: float | None = None  # used fraction of the budget, when it last saved
    reason: str = ""
    primary: Score | None = None  # what the verdict goes by
    scores: dict[str, float | None] | None = None  # by metric
    bytes: int = 0
    current: bool = True  # does its suite list it? not what is left from before a change
    command: str = ""  # what would continue it, typed where it was started

    def as_json(self) -> dict[str, Any]:
        """All of it, for other programs."""
        value = asdict(self) | {"folder": str(self.folder.absolute())}
        if self.primary:
            names = ("metric", "name", "better")
            value["primary"] = {name: getattr(self.primary, name) for name in names}
            value["primary"]["value"] = _finite(self.primary.value)
        return value


@dataclass(frozen=True)
class _Suite:
    """What a suite's folder says of all its runs."""

    folder: Path
    about: dict[str, Any]  # suite.json; empty where it cannot be read
    results: str  # as one would type it

    @property
    def primary(self) -> str:
        return str(self.about.get("primary") or "")

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where in the list of the suite each of its runs stands."""
        return {name: place for place, name in enumerate(self.about.get("runs", ()))}

    def lists(self, name: str) -> bool:
        """Is a run among those that the suite lists, if it says?"""
        return not self._places or name in self._places

    def command(self, run: dict[str, Any], folder: Path) -> str:
        """What would continue the run in `folder`, whose run.json says `run`; "" if unknown."""
        file = self.folder / "suite.toml"
        words = ["ganbench", "run", "--suite", str(file), "--results", self.results]
        if folder.name in self._places:
            return shlex.join([*words, *self._shard(folder.name)])
        chosen = _chosen(self._typed, run) if self._same_pictures(run) else []
        return shlex.join([*words, *chosen]) if chosen else ""

    @cached_property
    def _typed(self) -> suites.Suite | None:
        """The suite as its file has it; None where that cannot be read."""
        try:
            return suites.read_suite(self.folder / "suite.toml")
        except InputError:
            return None

    def _same_pictures(self, run: dict[str, Any]) -> bool:
        """Is a run of the pictures that the suite is of now? Others have another limit, or data."""
        data = self.about.get("data")
        sides = [data.get(side) if isinstance(data, dict) else None for side in SIDES]
        prints = [side.get("fingerprint") if isinstance(side, dict) else "" for side in sides]
        return run.get("data") == prints

    def _shard(self, name: str) -> list[str]:
        """The option that asks for the last shard here, if the run is one of its."""
        try:
            last = shard.parse(str(self.about.get("shard") or ""))
        except InputError:
            return []
        return ["--shard", str(last)] if last.has(self._places[name]) else []


def find(results: Path, address: str | None = None) -> tuple[list[Listed], list[str]]:
    """Every run below `results`, a suite's folder or a run's own; and what could not be read.

    address: of the storage that the results belong to. InputError when there is none.
    """
    if not results.is_dir():
        raise InputError(f"there is no folder {results}", "ganbench run")
    found: list[Listed] = []
    problems: list[str] = []
    for place, folders in _places(results):
        suite = _Suite(place, _about(place, problems), address or str(place.parent))
        found += [_listed(folder, suite) for folder in folders]
    if not found:
        raise InputError(f"no runs in {results}", "ganbench run")
    return found, problems


def _places(results: Path) -> Iterator[tuple[Path, list[Path]]]:
    """The suites at or below a folder, and the runs of each."""
    if _is_run(results):
        folder = results.resolve()
        yield folder.parent, [folder]
        return
    here = [results] if (results / "suite.json").exists() else []
    for place in here or _folders(results):
        if runs := [folder for folder in _folders(place) if _is_run(folder)]:
            yield place, runs


def _folders(folder: Path) -> list[Path]:
    """Folders in it that are no drafts and no locks."""
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if e.is_dir() and not e.name.startswith(".")]
    except OSError:  # gone in the meantime, or not ours to read
        return []
    return [folder / name for name in sorted(names)]


def _is_run(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("run.json", "record.json"))


def _about(place: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return record.read_suite(place)
    except InputError as error:
        problems.append(str(error))
        return {}


def _listed(folder: Path, suite: _Suite) -> Listed:
    """What there is to say of one run."""
    busy = locks.is_claimed(folder)
    try:
        found = record.read(folder) if (folder / "record.json").exists() else None
        damage = None
    except InputError as error:
        found, damage = None, error
    begun = _begun(folder)
    status, reason = _status(found, damage, busy)
    ours = not isinstance(damage, record.OtherFormatError)
    open_ = status not in (*FINISHED, "training") and ours
    return Listed(
        folder=folder,
        suite=suite.folder.name,
        status=status,
        reason=reason,
        progress=_progress(folder, found, begun),
        bytes=_bytes(folder),
        current=suite.lists(folder.name),
        command=suite.command(begun, folder) if open_ and begun else "",
        **_identity(found, begun, folder),
        **_scores(found, suite.primary),
    )


def _begun(folder: Path) -> dict[str, Any]:
    """The run as its run.json has it; empty where that cannot be read."""
    try:
        run = files.read_json(folder / "run.json")["run"]
    except (InputError, KeyError, TypeError):
        return {}
    return run if isinstance(run, dict) else {}


def _status(found: Record | None, damage: InputError | None, busy: bool) -> tuple[str, str]:
    if busy and (found is None or found.status.name not in FINISHED):
        return "training", ""
    if damage:
        return "damaged", str(damage)
    if found is None:
        return "interrupted", WITHOUT
    return found.status.name, found.status.reason


def _identity(found: Record | None, begun: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Who it is: by its record, by what it was started with, or at least by its folder."""
    names = ("model", "label", "framework", "seed", "size", "budget")
    if found:
        known = {name: getattr(found, name) for name in names}
        return known | {"key": found.key, "step": found.status.step}
    known = {name: begun[name] for name in names if _fits(name, begun.get(name))}
    ending = folder.name.rpartition("-")[2]
    key = ending if record.KEY.fullmatch(ending) else ""
    return {"label": folder.name} | known | {"key": key}


def _fits(name: str, value: Any) -> bool:
    return isinstance(value, int if name in ("seed", "size") else str)


def _scores(found: Record | None, primary: str) -> dict[str, Any]:
    if not found:
        return {}
    scores = found.scores
    leading = scores.get(primary) or next(iter(scores.values()), None)
    return {
        "primary": leading,
        "scores": {name: _finite(score.value) for name, score in scores.items()},
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _progress(folder: Path, found: Record | None, begun: dict[str, Any]) -> float | None:
    """The part of its budget that a run had used when it last saved."""
    saved = found.status.progress if found else 0.0
    try:
        *_, last = _tail(folder / "history.csv")
        step, seconds, pictures = last.split(",")[:3]
        goal = budget.parse(found.budget if found else begun["budget"])
        return max(saved, min(1.0, goal.used(float(seconds), int(pictures), int(step))))
    except (InputError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return saved if found or not checkpoint.exists(folder) else None


def _tail(path: Path) -> list[str]:
    """The last whole lines of a log that may be growing."""
    with safe_read.regular(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        text = file.read(TAIL).decode("utf-8", "replace")
    return text.split("\n")[:-1]


def _bytes(folder: Path) -> int:
    """What lies in a folder; files may come and go meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118
            except OSError:
                continue
    return total


def _chosen(suite: suites.Suite | None, run: dict[str, Any]) -> list[str]:
    """Options that ask a suite file for a run it no longer names; none if it was run otherwise."""
    try:
        same = all(run[name] == getattr(suite, name) for name in SHARED)
        label, model = run["label"], run["model"]
        if not same or not (label == model or label.startswith(f"{model}:")):
            return []
        options = {"models": label, "seeds": run["seed"], "frameworks": run["framework"]}
        options["budget"] = run["budget"]
    except (KeyError, TypeError, AttributeError):
        return []
    return [str(word) for name, value in options.items() for word in (f"--{name}", value)]
