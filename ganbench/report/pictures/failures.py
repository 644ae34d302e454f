"""Runs that did not end well: the last pictures from before, the last of all, what to try."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ganbench.record import Moment, Record
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.pictures import encoding
from ganbench.report.pictures.training_film import frames

FAILURE_BYTES = 110_000
MOST_FAILURES = 12  # that are shown with pictures; the others are lines
FLAT = 1.5  # grey levels; no picture of a good moment differs so little within itself
MOST_SCORES = 3  # in the sentence about a failure; the table of the page has them all
ADVICE = {
    "collapsed": "Try another seed, a lower learning rate for the discriminator, augmentation, "
    "or a larger budget for a smaller model.",
    "diverged": "Try a lower learning rate, 32-bit precision, or a longer warm-up.",
    "out_of_memory": "Try a smaller size, a smaller batch, or fewer filters.",
    "failed": "The run's events.jsonl has the last words of the process.",
    "interrupted": "The same command continues it.",
    "waiting": "The same command starts it.",
    "training": "The page is rewritten when it ends.",
}


@dataclass(frozen=True)
class Failure:
    """A run that did not end well, with the last pictures from before and of all."""

    row: Row
    record: Record
    advice: str
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    caption: str = ""
    scores: str = ""  # what a run that did not end well scored all the same


def failures(
    comparison: Comparison, with_pictures: bool, reader: encoding.Reader | None = None
) -> list[Failure]:
    """Every run that was trained here and is not done, in the order of the table."""
    reader = reader or encoding.Reader()
    broken = [(row, run) for row in comparison.rows for run in row.runs
              if run[1].status.name not in ("done", "imported")]  # fmt: skip
    share = FAILURE_BYTES // max(1, min(MOST_FAILURES, len(broken))) if with_pictures else 0
    return [
        replace(
            _failure(row, folder, record, share if place < MOST_FAILURES else 0, reader),
            scores=_scores(record),
        )
        for place, (row, (folder, record)) in enumerate(broken)
    ]


def _scores(record: Record) -> str:
    known = [score for score in record.scores.values() if score.value is not None]
    return ", ".join(
        f"{score.name} {formatting.number(score.value)}" for score in known[:MOST_SCORES]
    )


def _failure(
    row: Row, folder: Path, record: Record, share: int, reader: encoding.Reader
) -> Failure:
    advice = ADVICE.get(record.status.name, "")
    seen = share > 0 and record.status.name in ("collapsed", "diverged")
    moments = frames(folder, record, reader) if seen else []
    if not moments:
        return Failure(row, record, advice)
    good = _good_moments(moments, record)
    if not good:
        (uris,) = encoding.fit([moments[-1][1]], (4, 2), share)
        said = f"No picture is from before. {_said('Last', *moments[-1])}"
        return Failure(row, record, advice, bad=uris, caption=said)
    said = _said("Last good", *good[-1])
    if len(good) == len(moments):
        (uris,) = encoding.fit([good[-1][1]], (4, 2), share)
        return Failure(row, record, advice, uris, caption=f"{said} No later picture was kept.")
    good_uris, bad_uris = encoding.fit([good[-1][1], moments[-1][1]], (4, 2), share)
    said += f" {_said('Last of all', *moments[-1])}"
    return Failure(row, record, advice, good_uris, bad_uris, said)


def _said(what: str, moment: Moment, stack: np.ndarray) -> str:
    gap = formatting.number(encoding.spread(stack))
    return f"{what}: step {moment.step:,}, the pictures differ by {gap} grey levels."


def _good_moments(
    moments: list[tuple[Moment, np.ndarray]], record: Record
) -> list[tuple[Moment, np.ndarray]]:
    """The moments before the step at which the run was found broken, less flat ones at the end."""
    good = [(moment, stack) for moment, stack in moments if moment.step < record.status.step]
    while good and good[-1][1].std(axis=(1, 2)).max() < FLAT:
        good.pop()
    return good
