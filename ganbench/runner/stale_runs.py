"""Earlier runs that a command would leave lying, and why."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.errors import InputError
from ganbench.jobs import Run
from ganbench.planning.plan import Plan, status_of
from ganbench.runner import suite_part
from ganbench.system import files
from ganbench.system.text import printable, some_of
from ganbench.training import checkpoint

# What a person can have changed, and what it is called.
NAMES = {
    **{name: name for name in ("budget", "size", "flip", "jitter", "samples", "curve_samples")},
    **{name: name for name in ("snapshots", "frames", "device", "held_out", "judge_on")},
    **{"norm_parts": "ranks whose batch norm is alone"},
    **{"data": "the pictures", "code": "the model's code"},
}
# Of a finished run, what nobody expects to need another training.
UNEXPECTED = {"samples", "curve_samples", "snapshots", "frames", "held_out", "judge_on", "code"}
LATER = {"norm_parts": 1, "held_out": 0.0, "judge_on": "all"}  # what runs were that do not tell
ALIKE = ("budget", "size")  # of runs that one page may show
SHOWN = 40  # characters of a value


def warnings(plan: Plan) -> list[str]:
    """One sentence for each run that starts anew, and why; one for those that leave the page.

    A run starts anew beside an unfinished one, or one that was finished in ways that seem alike.
    """
    there = suite_part.by_what(plan.folder.glob("*"))
    anew = [
        f"{planned.run.label} seed {planned.run.seed} {why}"
        for planned in plan.runs
        if planned.status is None and not planned.folder.exists()
        for why in _reasons(planned.run, there)
    ]
    return anew + _leaving(plan)


def _leaving(plan: Plan) -> list[str]:
    """Finished runs that the page shows now, and that this command does not name."""
    runs = [planned.run for planned in (plan.whole or plan).runs]
    named = {suite_part.what(run.folder) for run in runs}
    try:
        shown = [n for n in record.read_suite(plan.folder)["runs"] if suite_part.RUN.fullmatch(n)]
    except InputError:  # there is no page yet
        return []
    gone = [name for name in shown if suite_part.what(name) not in named]
    gone = [name for name in gone if runs and _could_stay(plan.folder / name, runs[0])]
    if not gone:
        return []
    verb = "run that is not named here leaves" if len(gone) == 1 else "runs not named here leave"
    them = some_of(list(map(suite_part.what, gone)), 3)
    return [f"{len(gone)} finished {verb} the page ({them}); to keep all, name all of them"]


def _could_stay(folder: Path, like: Run) -> bool:
    """Has a run ended well that one page may show beside another one?"""
    try:
        before, status = files.read_json(folder / "run.json")["run"], status_of(folder)
        alike = all(before[name] == getattr(like, name) for name in ALIKE)
        return bool(
            status and status.name == "done" and alike and before["data"][1] == like.data[1]
        )
    except (InputError, KeyError, TypeError, IndexError):
        return False


def _reasons(run: Run, there: dict[str, list[Path]]) -> Iterator[str]:
    for folder in there.get(suite_part.what(run.folder), ()):
        try:
            before = files.read_json(folder / "run.json")["run"]
            status, found = status_of(folder), dict(differences(before, run))
            begun = status.name == "interrupted" if status else checkpoint.exists(folder)
            if found and begun:
                said = ", ".join(found.values())
                yield f"starts anew beside the unfinished {folder.name}: {said}"
            elif found and status and status.name == "done" and found.keys() <= UNEXPECTED:
                said = ", ".join(found.values())
                yield f"is trained anew, not taken from {folder.name}: {said}"
        except (InputError, KeyError, TypeError, AttributeError):  # it cannot go on anyway
            continue


def differences(before: dict[str, Any], run: Run) -> Iterator[tuple[str, str]]:
    """What has changed from an earlier run, as read from its run.json: names, and in words."""
    now = asdict(run)
    for name, called in NAMES.items():
        old, new = before.get(name, LATER.get(name)), now[name]
        if isinstance(new, tuple):
            old, new = tuple(old or ()), tuple(new)
        if old != new and name in ("data", "code"):
            yield name, f"{called} has changed" if name == "code" else f"{called} changed"
        elif old != new:
            yield name, f"{called} was {_shown(old)} and is {_shown(new)}"
    settings = before.get("settings", {})
    for name, value in run.settings.items():
        old = settings.get(name)
        if _plain(old) != _plain(value):
            yield f"setting {name}", f"{name} was {_shown(old)} and is {_shown(value)}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    return printable(str(_plain(value)))[:SHOWN]
