"""Under which conditions the numbers of a table came about, for whoever cites them."""

from functools import lru_cache
from typing import Any

from ganbench.record import Record
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison

MOST_NAMED = 4  # of budgets, sizes or sets of pictures
RECIPES = {
    "small": "profile small, which is not the papers' settings",
    "best": "profile best, which is not the papers' settings",
    "official": "profile official",
}


@lru_cache(maxsize=64)
def held_out(comparison: Comparison) -> int:
    """How many paintings judge that no model has seen; 0: those judge that were learned from."""
    return max((_number(_target(run), "judged") for run in _runs(comparison)), default=0)


def sentences(comparison: Comparison) -> str:
    """What was trained on what for how long, and who judged; empty where no run is there."""
    runs = _runs(comparison)
    if not runs:
        return ""
    pictures = dict.fromkeys(map(_pictures, runs))
    sizes = dict.fromkeys(f"{run.size} px" for run in runs)
    budgets = dict.fromkeys(f"{run.budget} a run" for run in runs)
    seeds = sorted({run.seed for run in runs})
    parts = [
        f"Trained on {_some(pictures)}",
        _some(sizes),
        _some(budgets),
        f"{'seed' if len(seeds) == 1 else 'seeds'} {formatting.seeds(seeds)}",
        *filter(None, [recipe(comparison)]),
    ]
    return f"{'; '.join(parts)}. Judged by {judge(comparison)}."


def recipe(comparison: Comparison) -> str:
    """Whose settings the models have, before anything that their names say; empty: not recorded."""
    return RECIPES.get(comparison.profile, "")


def judge(comparison: Comparison) -> str:
    """The paintings that all models are held against."""
    if count := held_out(comparison):
        return f"{formatting.plural(count, 'painting')} that no model saw"
    return "the paintings that the models learned from"


def _runs(comparison: Comparison) -> list[Record]:
    return [run for row in comparison.rows if not row.imported for run in row.records]


def _target(run: Record) -> dict[str, Any]:
    target = run.data.get("target")
    return target if isinstance(target, dict) else {}


def _number(side: dict[str, Any], name: str) -> int:
    found = side.get(name)
    return found if isinstance(found, int) else 0


def _pictures(run: Record) -> str:
    side = _target(run)
    count = _number(side, "trained") or _number(side, "count")
    said = formatting.plural(count, "painting") if count else "paintings"
    title = side.get("title")
    return f"{said} ({formatting.shortened(title)})" if isinstance(title, str) and title else said


def _some(names: dict[str, None]) -> str:
    return formatting.some(list(names), MOST_NAMED)
