"""Whether a number of two results may be compared: the same pictures, judged in the same way."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from ganbench.record import Record, Results
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row

MOST_SETTINGS = 6  # that one note names
SIDES = (("source", "photographs"), ("target", "paintings"))
OF_A_SCORE = {
    "count": "generated pictures",
    "reference_count": "real pictures",
    "version": "version of the metric",
}
NOT_STATED = "not stated"
FINGERPRINT = 16  # letters of it, which nobody meets by chance
MOST_PROTOCOL = 3  # parts of it that one sentence names
MACHINE = ("device", "gpu", "cpu", "threads", "precision", "launches")  # of a record's environment
Fact = Callable[[Record], Any]


class Side:
    """One of the two results that are compared."""

    def __init__(self, results: Results, comparison: Comparison):
        self.results, self.comparison = results, comparison
        self.rows = {(row.label, row.framework): row for row in comparison.rows if row.records}

    def domain(self, run: Record, side: str) -> dict[str, Any]:
        """One side of the data as the record has it, or else its suite; empty if neither does."""
        for known in (run.data, self.results.suite.get("data")):
            found = known.get(side) if isinstance(known, dict) else None
            if isinstance(found, dict):
                return found
        return {}


def obstacles(before: Side, after: Side, key: tuple[str, str], metric: str) -> list[str]:
    """Why a model's numbers of one metric may not be held against each other; empty if they may."""
    runs = [_used(side.rows[key], metric) for side in (before, after)]
    found = []
    for what, facts in _judged(before, after, runs[0][0].source == "pictures", metric):
        first, second = (_said(map(of, some)) for of, some in zip(facts, runs, strict=True))
        if first != second:
            found.append(f"{what}: {_listed(first)} before, {_listed(second)} after")
    return found + _protocol(runs, metric)


def other_changes(before: Side, after: Side, key: tuple[str, str]) -> list[str]:
    """What else differs and may be the reason of a change: budget, settings, machine."""
    runs = [side.rows[key].finished or side.rows[key].records for side in (before, after)]
    facts: dict[str, Fact] = {"budget": lambda run: run.budget}
    names = dict.fromkeys(name for some in runs for run in some for name in run.settings)
    facts |= {name: _setting(name) for name in names}
    facts |= {name: _of_machine(name) for name in MACHINE}
    facts["ranks"] = lambda run: run.environment.get("ranks", 1)
    found = []
    for what, of in facts.items():
        first, second = (_said(map(of, some)) for some in runs)
        if first != second:
            found.append(f"{what} {_listed(first)} before, {_listed(second)} after")
    more = len(found) - MOST_SETTINGS
    return [*found[:MOST_SETTINGS], f"{more} more settings"] if more > 1 else found


def _attribute(name: str) -> Fact:
    return lambda run: getattr(run, name)


def _setting(name: str) -> Fact:
    return lambda run: run.settings.get(name)


def _of_machine(name: str) -> Fact:
    return lambda run: run.environment.get(name)


def _used(row: Row, metric: str) -> list[Record]:
    """The runs whose number of this metric counts."""
    values = row.values(metric)
    return [run for run in row.finished if run.seed in values]


def _judged(
    before: Side, after: Side, translates: bool, metric: str
) -> list[tuple[str, tuple[Fact, Fact]]]:
    """What has to be the same, each with where it stands on either side."""
    size = _attribute("size")
    found = [("pixels on a side", (size, size))]
    for side, said in SIDES:
        if side == "target" or translates:
            found.append((said, (_fingerprint(before, side), _fingerprint(after, side))))
    found.append(("judged by", (_judge_on(before), _judge_on(after))))
    for attribute, said in OF_A_SCORE.items():
        of = _of_score(metric, attribute)
        found.append((said, (of, of)))
    return found


def _protocol(runs: list[list[Record]], metric: str) -> list[str]:
    """One sentence for all that the protocols of a metric have otherwise."""
    protocols = [run.scores[metric].protocol for some in runs for run in some]
    other = []
    for key in dict.fromkeys(key for protocol in protocols for key in protocol):
        first, second = (_said(map(_of_protocol(metric, key), some)) for some in runs)
        if first != second:
            other.append(f"{key} {_listed(first)} before, {_listed(second)} after")
    more = len(other) - MOST_PROTOCOL
    shown = [*other[:MOST_PROTOCOL], f"{more} more"] if more > 1 else other
    return [f"protocol: {'; '.join(shown)}"] if shown else []


def _fingerprint(side: Side, which: str) -> Fact:
    return lambda run: str(side.domain(run, which).get("fingerprint") or NOT_STATED)[:FINGERPRINT]


def _judge_on(side: Side) -> Fact:
    """Which part of the data judges, and how much of it; what was not held out says nothing."""

    def of(run: Record) -> Any:
        suite = side.results.suite.get("data")
        stated = run.data.get("judge_on") or (suite or {}).get("judge_on") or "all"
        return stated, side.domain(run, "target").get("judged")

    return of


def _of_score(metric: str, attribute: str) -> Fact:
    return lambda run: getattr(run.scores[metric], attribute)


def _of_protocol(metric: str, key: str) -> Fact:
    return lambda run: run.scores[metric].protocol.get(key)


def _said(values: Iterable[Any]) -> list[str]:
    """Every different value, as text that can be compared and shown."""
    return sorted({_text(value) for value in values})


def _text(value: Any) -> str:
    if value is None:
        return NOT_STATED
    if isinstance(value, tuple):
        return " ".join(_text(item) for item in value if item is not None)
    plain = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return str(plain)


def _listed(values: list[str]) -> str:
    return formatting.some([formatting.shortened(value) for value in values], 3)
