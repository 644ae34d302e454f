"""Runs that did not end well: last good pictures and first bad ones, the rule, what to try."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ganbench.record import Moment, Record
from ganbench.report import formatting
from ganbench.report.analysis import failure_rules
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.pictures import encoding
from ganbench.report.pictures.training_film import frames

FAILURE_BYTES = 110_000
MOST_FAILURES = 12  # that are shown with pictures; the others are lines
MOST_LISTED = 100  # of all
FLAT = 1.5  # grey levels; no picture of a good moment differs so little within itself
MOST_SCORES = 3  # in the sentence about a failure; the table of the page has them all
GOOD, BAD, LAST = "last good", "first bad", "last of all"
VARIED = 2.0  # times the spread of collapsed pictures; the watch too calls a collapse over at twice
SAME = 4.0  # grey levels; the last pictures are shown too where they moved on by this much

Kept = tuple[Moment, np.ndarray]


@dataclass(frozen=True)
class Shown:
    """Pictures of one moment of a run that did not end well."""

    title: str
    uris: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """A run that did not end well: what it met, what to try, and pictures from before and after."""

    row: Row
    record: Record
    rule: str  # what fired, with its threshold; empty where no rule of the watch did
    advice: str
    pictures: tuple[Shown, ...] = ()
    caption: str = ""
    scores: str = ""  # what a run that did not end well scored all the same


def failures(
    comparison: Comparison, with_pictures: bool, reader: encoding.Reader | None = None
) -> list[Failure]:
    """The runs that were trained here and are not done, in the order of the table."""
    reader = reader or encoding.Reader()
    broken = _broken(comparison)[:MOST_LISTED]
    share = FAILURE_BYTES // max(1, min(MOST_FAILURES, len(broken))) if with_pictures else 0
    return [
        replace(
            _failure(row, folder, record, share if place < MOST_FAILURES else 0, reader),
            scores=_scores(record),
        )
        for place, (row, (folder, record)) in enumerate(broken)
    ]


def not_listed(comparison: Comparison) -> int:
    """How many more there are."""
    return max(0, len(_broken(comparison)) - MOST_LISTED)


def _broken(comparison: Comparison) -> list[tuple[Row, tuple[Path, Record]]]:
    return [(row, run) for row in comparison.rows for run in row.runs
            if run[1].status.name not in ("done", "imported")]  # fmt: skip


def _scores(record: Record) -> str:
    known = [score for score in record.scores.values() if score.value is not None]
    return ", ".join(
        f"{score.name} {formatting.number(score.value)}" for score in known[:MOST_SCORES]
    )


def _failure(
    row: Row, folder: Path, record: Record, share: int, reader: encoding.Reader
) -> Failure:
    rule = failure_rules.rule(record)
    failure = Failure(row, record, rule.words if rule else "", failure_rules.advice(record))
    seen = share > 0 and record.status.name in ("collapsed", "diverged")
    moments = frames(folder, record, reader) if seen else []
    if not moments:
        return failure
    chosen = _chosen(moments, *_turn(moments, record))
    fitted = encoding.fit([stack for _, (_, stack) in chosen], (4, 2), share)
    said = [_said(title, *moment) for title, moment in chosen]
    if chosen[0][0] != GOOD:
        earlier = moments[0][0].step < chosen[0][1][0].step
        said.insert(0, f"No {'earlier picture is good' if earlier else 'picture is from before'}.")
    if chosen[-1][0] == GOOD:
        said.append("No later picture was kept.")
    shown = (Shown(title, uris) for (title, _), uris in zip(chosen, fitted, strict=True))
    return replace(failure, pictures=tuple(shown), caption=" ".join(said))


def _chosen(moments: list[Kept], good: int, bad: int) -> list[tuple[str, Kept]]:
    """The last of the first `good` moments, the one at `bad`, and the last if it shows more."""
    chosen = [(GOOD, moments[good - 1])] if good else []
    if bad == len(moments):
        return chosen or [(LAST, moments[-1])]
    first, last = moments[bad], moments[-1]
    chosen.append((BAD, first))
    if last is not first and encoding.mean_difference(first[1], last[1]) >= SAME:
        chosen.append((LAST, last))
    return chosen


def _said(what: str, moment: Moment, stack: np.ndarray) -> str:
    gap = formatting.number(encoding.spread(stack))
    return f"{what.capitalize()}: step {moment.step:,}, the pictures differ by {gap} grey levels."


def _turn(moments: list[Kept], record: Record) -> tuple[int, int]:
    """How many moments at the start are good up to the last of them, and where the bad begin.

    Bad is what the run had at the step that its status is about and, of one that diverged, flat
    pictures before it. A collapsed run may have been so for as long as it need not have learned:
    what varies hardly more than the first bad pictures is not called good.
    """
    good = bad = sum(moment.step < record.status.step for moment, _ in moments)
    collapsed = record.status.name == "collapsed"
    least = VARIED * encoding.spread(moments[bad][1]) if collapsed and bad < len(moments) else -1.0
    while good and (_flat(moments[good - 1][1]) or encoding.spread(moments[good - 1][1]) <= least):
        good -= 1
    return good, bad if collapsed else good


def _flat(stack: np.ndarray) -> bool:
    return bool(np.max(stack.std(axis=(1, 2))) < FLAT)
