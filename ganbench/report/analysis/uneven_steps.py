"""Seeds of a model that got less training than others out of as many seconds on one machine."""

from ganbench.record import Record
from ganbench.report import formatting
from ganbench.report.analysis import machines
from ganbench.report.analysis.comparison import Comparison, Row

UNEVEN = 1.25  # as many steps; a machine with nothing else to do differs by some percent
MOST_NAMED = 3  # models in the sentence


def sentence(comparison: Comparison) -> str:
    """What to keep in mind where a model's seeds took very different numbers of steps, or ""."""
    found = machines.machines(comparison)
    named = [
        f"{row.name} {min(steps):,} to {max(steps):,}"
        for row in comparison.rows
        if not row.imported and (steps := _uneven(row, found))
    ]
    if not named:
        return ""
    return (
        "In the same seconds some seeds of a model took far fewer steps than others"
        f" ({formatting.some(named, MOST_NAMED)}), most often because something else kept the"
        " machine busy: it is a part of the spread. A budget in steps does not depend on that."
    )


def _uneven(row: Row, found: machines.Machines) -> list[int]:
    """The steps of a row's seeds, if one took many more than another; else none."""
    for part in found.parts(row).values():
        for budget in {run.budget for run in part.records if machines.in_seconds(run.budget)}:
            steps = [run.used.steps for run in part.records if _is_whole(run, budget)]
            if steps and max(steps) > UNEVEN * min(steps):
                return steps
    return []


def _is_whole(run: Record, budget: str) -> bool:
    """Did a run use all of this budget, at one stretch?"""
    return run.status.name == "done" and run.budget == budget and not run.extended
