"""Earlier runs of the same model and seed that a command would leave lying, and why."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.jobs import Run
from ganbench.planning.plan import Plan, status_of
from ganbench.runner import suite_part
from ganbench.system import files
from ganbench.system.text import printable
from ganbench.training import checkpoint

# What a person can have changed, and what it is called.
NAMES = {
    **{name: name for name in ("budget", "size", "flip", "jitter", "samples", "curve_samples")},
    **{"snapshots": "snapshots", "frames": "frames", "device": "device"},
    **{"norm_parts": "ranks whose batch norm is alone"},
    **{"data": "the pictures", "code": "the model's code"},
}
OTHER_CODE = "the model's code has changed"
LATER = {"norm_parts": 1}  # what runs were that do not tell
SHOWN = 40  # characters of a value


def warnings(plan: Plan) -> list[str]:
    """One sentence for each run that starts anew, and why.

    Beside an unfinished one with its differences, or one that was finished by other code.
    """
    there = suite_part.by_what(plan.folder.glob("*"))
    return [
        f"{planned.run.label} seed {planned.run.seed} {why}"
        for planned in plan.runs
        if planned.status is None and not planned.folder.exists()
        for why in _reasons(planned.run, there)
    ]


def _reasons(run: Run, there: dict[str, list[Path]]) -> Iterator[str]:
    for folder in there.get(suite_part.what(run.folder), ()):
        try:
            before = files.read_json(folder / "run.json")["run"]
            status, found = status_of(folder), list(differences(before, run))
            begun = status.name == "interrupted" if status else checkpoint.exists(folder)
            if found and begun:
                yield f"starts anew beside the unfinished {folder.name}: {', '.join(found)}"
            elif status and status.name == "done" and found == [OTHER_CODE]:
                yield f"is trained anew: {OTHER_CODE} since {folder.name}"
        except (InputError, KeyError, TypeError, AttributeError):  # it cannot go on anyway
            continue


def differences(before: dict[str, Any], run: Run) -> Iterator[str]:
    """What has changed from an earlier run, as read from its run.json, to this one."""
    now = asdict(run)
    for name, called in NAMES.items():
        old, new = before.get(name, LATER.get(name)), now[name]
        if isinstance(new, tuple):
            old, new = tuple(old or ()), tuple(new)
        if old != new and name in ("data", "code"):
            yield f"{called} has changed" if name == "code" else f"{called} changed"
        elif old != new:
            yield f"{called} was {_shown(old)} and is {_shown(new)}"
    settings = before.get("settings", {})
    for name, value in run.settings.items():
        old = settings.get(name)
        if _plain(old) != _plain(value):
            yield f"{name} was {_shown(old)} and is {_shown(value)}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    return printable(str(_plain(value)))[:SHOWN]
