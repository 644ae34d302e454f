"""Two results side by side, each from a folder or from a page that carries its data."""

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Results, Score
from ganbench.report import embedded, formatting, sanitize
from ganbench.report.analysis import before_after, comparability, comparison, gates
from ganbench.report.analysis.before_after import BROKE, NOT_COMPARABLE, Change
from ganbench.report.analysis.comparability import Side
from ganbench.report.analysis.gates import Gate, Miss
from ganbench.system.text import shown

MOST_NOTES = 12
MOST_NAMED = 12  # metrics in an error


@dataclass(frozen=True)
class Compared:
    """What became of every model by one metric, and which gates were missed."""

    sides: tuple[Side, Side]
    score: Score
    changes: tuple[Change, ...]
    gates: tuple[Gate, ...]
    misses: tuple[Miss, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def tested(self) -> int:
        """Differences that have an interval: the family of Holm's correction."""
        found = (change.difference for change in self.changes)
        return sum(one is not None and one.half_width is not None for one in found)


def read(path: Path) -> Results:
    """A results folder (its newest suite), a suite's folder or a report.html, within bounds."""
    return sanitize.guarded(_read(path))


def _read(path: Path) -> Results:
    if not path.exists():
        raise InputError(f"{path} is not there", "name a results folder, a suite or a report.html")
    if not path.is_dir():
        return embedded.read_page(path)
    whole = path.resolve()
    if (whole / "suite.json").exists():
        return record.read_results(whole.parent, whole.name)
    if (whole / "record.json").exists():
        raise InputError(f"{path} is one run", f"name its suite: {whole.parent}")
    if not any(whole.glob("*/suite.json")) and (whole / "report.html").is_file():
        raise InputError(f"{path} has a page but no runs", f"name the page: {path / 'report.html'}")
    return record.read_results(whole)


def between(
    before: Results, after: Results, metric: str | None = None, fail_if: Sequence[str] = ()
) -> Compared:
    """Compare two results by `metric` (what decided, where none is named) and hold all gates.

    InputError when there is no such metric on both sides or a gate is none.
    """
    bounds = tuple(gates.parse(text) for text in fail_if)
    sides = Side(before, comparison.compare(before)), Side(after, comparison.compare(after))
    if not any(side.rows for side in sides):
        raise InputError("there is no run on either side", "ganbench run")
    score = _metric(sides, metric)
    found = before_after.changes(*sides, score)
    misses: list[Miss] = []
    for gate in bounds:
        its = _metric(sides, gate.metric)
        gates.check_direction(gate, its)
        by_it = found if its.metric == score.metric else before_after.changes(*sides, its)
        misses += gates.misses(gate, by_it)
    return Compared(sides, score, tuple(found), bounds, tuple(misses), _notes(sides, found))


def _metric(sides: tuple[Side, Side], wanted: str | None) -> Score:
    """The metric of that key or name; the one that decided after, or else before, if none is said.

    A name may stand for two metrics: the one that was measured on both sides is meant.
    """
    known = [{s.metric: s for s in side.comparison.metrics if comparison.is_measured(s)}
             for side in sides]  # fmt: skip
    if not all(known) and any(side.rows for side in sides):  # a side on which all broke
        known = [known[0] or known[1]] * 2
    shared = [score for key, score in known[1].items() if key in known[0]]
    if wanted is None:
        primary = [s.comparison.primary.metric for s in reversed(sides) if s.comparison.primary]
        shared.sort(key=lambda score: [*primary, score.metric].index(score.metric))
        if not shared:
            raise InputError("no metric was measured on both sides", _there_are(known))
        return shared[0]
    asked = wanted.strip().lower()
    for score in shared:
        if asked in (score.metric.lower(), score.name.lower()):
            return score
    for when, scores in zip(("before", "after"), known, strict=True):
        if any(asked in (score.metric.lower(), score.name.lower()) for score in scores.values()):
            raise InputError(f'"{shown(wanted)}" was measured only {when}', _there_are(known))
    raise InputError(f'there is no metric "{shown(wanted)}"', _near(asked, known))


def _near(asked: str, known: list[dict[str, Score]]) -> str:
    names = {s.name.lower(): s.metric for scores in known for s in scores.values()}
    names |= {key.lower(): key for scores in known for key in scores}
    # Without Inception's weights FID is another extractor's FD: fid stands for lite0_fd.
    endings = f"_{asked}", f"_{asked.removesuffix('id')}d"
    near = [name for name in names if name.endswith(endings)]
    near = near or difflib.get_close_matches(asked, names, 1, 0.4)
    return (f"nearest: {shown(names[near[0]])}\n" if near else "") + _there_are(known)


def _there_are(known: list[dict[str, Score]]) -> str:
    both = [shown(key) for key in known[1] if key in known[0]]
    return "measured on both sides: " + (formatting.some(both, MOST_NAMED) if both else "none")


def _notes(sides: tuple[Side, Side], found: Sequence[Change]) -> tuple[str, ...]:
    """Why models are not comparable, what else differs, what was lost: each sentence once."""
    names: dict[str, list[str]] = {}
    for change in found:
        for sentence in _of_change(sides, change):
            names.setdefault(sentence, []).append(change.name)
    everybody = len(found)
    notes = [
        sentence if len(whom) == everybody > 1 else f"{formatting.some(whom, 3)}: {sentence}"
        for sentence, whom in names.items()
    ]
    for when, side in zip(("before", "after"), sides, strict=True):
        notes += [f"{when}: {sentence}" for sentence in side.results.unreadable]
    more = len(notes) - MOST_NOTES
    return (*notes[:MOST_NOTES], f"{more} more notes") if more > 1 else tuple(notes)


def _of_change(sides: tuple[Side, Side], change: Change) -> list[str]:
    key = change.label, change.framework
    lost = [f"{seed} and ended well before" for seed in change.lost if change.verdict != BROKE]
    if change.verdict == NOT_COMPARABLE:
        return [f"not comparable, {reason}" for reason in change.reasons] + lost
    if not all(key in side.rows for side in sides):
        return lost
    return comparability.other_changes(*sides, key) + lost


def as_json(compared: Compared) -> dict[str, Any]:
    """All that a comparison found, as plain JSON."""
    score = compared.score
    return {
        "before": _side(compared.sides[0]),
        "after": _side(compared.sides[1]),
        "metric": {"key": score.metric, "name": score.name, "better": score.better,
                   "unit": score.unit},
        "tested": compared.tested,
        "models": [_change(change) for change in compared.changes],
        "notes": list(compared.notes),
        "gates": [{"gate": gate.text, "passed": all(miss.gate is not gate for miss in
                                                    compared.misses)}
                  for gate in compared.gates],
        "missed": [{"gate": miss.gate.text, "model": miss.name, "changed_by": miss.amount,
                    "missed_by": miss.beyond, "reason": miss.sentence}
                   for miss in compared.misses],
        "passed": not compared.misses,
    }  # fmt: skip


def _side(side: Side) -> dict[str, Any]:
    suite = side.results.suite
    return {
        "suite": suite.get("name"),
        "budget": suite.get("budget"),
        "models": len(side.rows),
        "runs": sum(len(row.records) for row in side.rows.values()),
    }


def _change(change: Change) -> dict[str, Any]:
    found = change.difference
    with_interval = found is not None and found.half_width is not None
    ends = [found.low, found.high] if found is not None and with_interval else None
    return {
        "name": change.name,
        "label": change.label,
        "framework": change.framework,
        "verdict": change.verdict,
        "before": change.before,
        "after": change.after,
        "difference": change.amount,
        "interval": ends if ends and all(map(math.isfinite, ends)) else None,
        "seeds": list(change.seeds),
        "ended": change.ended,
        "reasons": list(change.reasons),
        "lost": list(change.lost),
    }
