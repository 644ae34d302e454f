"""A suite as one of several folders holds it: some of its runs, and what tells it from another.

A folder may be a stranger's: what it names lies in it, no link is followed and nothing is written.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.errors import InputError
from ganbench.planning import toml
from ganbench.planning.plan import FINISHED
from ganbench.planning.suite import slug
from ganbench.record import Baseline, Record
from ganbench.system import files, locks
from ganbench.system.text import printable, shown, some_of

RUN = re.compile(r"(?P<what>[^./\\][^/\\]*)-(?P<key>[0-9a-f]{8})")  # name of a run's folder
SIDES = ("source", "target")


@dataclass(frozen=True)
class Found:
    """A run that left a record in one of the folders."""

    folder: Path
    record: Record

    @property
    def ended(self) -> bool:
        """Is there nothing left to do?"""
        return self.record.status.name in (*FINISHED, "imported")


@dataclass(frozen=True)
class Part:
    """What one folder holds of a suite; `runs` are by their position in the suite's list."""

    folder: Path
    about: dict[str, Any]  # suite.json
    names: tuple[str, ...]  # of all runs of the suite, here or not
    runs: dict[int, Found]
    baselines: tuple[Baseline, ...]
    busy: tuple[str, ...]  # runs that a command is at

    @property
    def name(self) -> str:
        return str(self.about["name"])

    @cached_property
    def values(self) -> dict[str, Any]:
        """The suite as typed, every field resolved."""
        return as_typed(self.folder, self.about)

    @property
    def device(self) -> str:
        """Its kind, which is a part of every run's key."""
        return str(self.values.get("device")).partition(":")[0]

    def known(self, key: str) -> dict[str, Any]:
        """An object of suite.json; empty where it is none."""
        found = self.about.get(key)
        return found if isinstance(found, dict) else {}

    def fingerprint(self, side: str) -> str | None:
        return _fingerprint(self.known("data"), side)


def what(name: str) -> str:
    """A run's name without its key: model, framework and seed."""
    parts = RUN.fullmatch(name)
    return parts["what"] if parts else name


def by_what(folders: Iterable[Path]) -> dict[str, list[Path]]:
    """Folders of runs, in order, by their names without keys: looked through once for all runs."""
    found: dict[str, list[Path]] = {}
    for folder in sorted(folders):
        found.setdefault(what(folder.name), []).append(folder)
    return found


def read(place: Path, suite: str | None = None) -> Part:
    """The suite in a results folder, or whose own folder it is.

    InputError when there is none, or several and none is named, or anything of it is damaged.
    """
    folder = _only(place, suite)
    for ours in ("suite.json", "baselines.json"):
        own(folder, ours)
    about = record.read_suite(folder)
    name = about.get("name")
    if not isinstance(name, str) or not name or slug(name) != name:
        raise InputError(f"{folder / 'suite.json'} is damaged: it has no name for the suite")
    names = tuple(about["runs"])
    runs: dict[int, Found] = {}
    busy = []
    for position, run in enumerate(names):
        place = _run_folder(folder, run)
        one = _found(place, about) if (place / "record.json").exists() else None
        if (one is None or not one.ended) and locks.is_claimed(place):
            busy.append(run)
        elif one:
            runs[position] = one
    return Part(folder, about, names, runs, record.read_baselines(folder), tuple(busy))


def _only(place: Path, suite: str | None) -> Path:
    if not place.is_dir():
        raise InputError(f"there is no folder {place}")
    own = (place / "suite.json").is_file()
    there = [place] if own else [path.parent for path in sorted(place.glob("*/suite.json"))]
    there = [folder for folder in there if own or not folder.is_symlink()]
    named = [folder for folder in there if suite in (None, folder.resolve().name)]
    if not named:
        of = f" of the suite {shown(suite)}" if suite else ""
        names = some_of([shown(folder.resolve().name) for folder in there])
        raise InputError(f"no results{of} in {place}", f"there are: {names}" if names else "")
    if len(named) > 1:
        names = some_of([shown(folder.name) for folder in named])
        raise InputError(f"{place} holds several suites: {names}", "name one with --suite NAME")
    return named[0]


def own(folder: Path, name: object) -> Path:
    """The path of `name` in `folder`; InputError when it leaves it or a link is on the way."""
    path = files.inside(folder, name)
    steps = [path, *path.parents]
    if any(step.is_symlink() for step in steps[: steps.index(folder)]):
        raise InputError(f"{path} is a link, which is not followed")
    return path


def _run_folder(folder: Path, name: str) -> Path:
    if not RUN.fullmatch(name) or printable(name) != name:
        raise InputError(f"{folder / 'suite.json'} is damaged: {shown(name)!r} names no run")
    return own(folder, name)


def found(place: Path) -> Found:
    """The run of a folder; InputError when its record is of another run."""
    own(place, "record.json")
    run = record.read(place)
    named = RUN.fullmatch(place.name)
    assert named
    if run.key != named["key"]:
        raise InputError(f"{place} holds the record of another run, {run.key}")
    return Found(place, run)


def _found(place: Path, about: dict[str, Any]) -> Found:
    """`found`; InputError when it was run on other pictures than the suite."""
    one = found(place)
    data = about.get("data")
    if any(_fingerprint(one.record.data, side) != _fingerprint(data, side) for side in SIDES):
        raise InputError(f"{place} was run on other pictures than its suite.json names")
    return one


def _fingerprint(data: Any, side: str) -> str | None:
    known = data.get(side) if isinstance(data, dict) else None
    return str(known.get("fingerprint")) if isinstance(known, dict) else None


def as_typed(folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    """The suite of a folder with its suite.json; InputError when that does not say what it is."""
    text = about.get("toml")
    try:
        if not isinstance(text, str) or len(text) > toml.LARGEST:
            raise ValueError
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        path = folder / "suite.json"
        raise InputError(f"{path} is damaged: it does not say what the suite is") from None


def told(value: Any) -> str:
    """A value from a folder in a message."""
    if value is None:
        return "not stated"
    if isinstance(value, str):
        return shown(value)
    return shown(json.dumps(value, sort_keys=True, default=str))


def scores(part: Part) -> Iterable[record.Score]:
    """Every score of the runs and of the untrained rows."""
    for found in part.runs.values():
        yield from found.record.scores.values()
    for row in part.baselines:
        yield from row.scores.values()
