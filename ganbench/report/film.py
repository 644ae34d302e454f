"""The training film: the fixed probe at the same moments for every model, and where it broke."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ganbench.record import Moment, Record
from ganbench.report import pictures, words
from ganbench.report.gallery import Shown
from ganbench.report.rows import Comparison, Row

FILM_BYTES = 560_000  # all films together, in base64
FAILURE_BYTES = 110_000
TILES = (96, 64, 48, 32, 24, 16)
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
class Film:
    """One model's strip of frames and what each frame is."""

    row: Row
    record: Record
    uri: str
    width: int
    height: int
    moments: tuple[Moment, ...]
    stills: tuple[tuple[str, str], ...]  # data URI and words of first, middle and last frame

    @property
    def broke(self) -> float:
        """Progress at which a run that did not end well went wrong."""
        at = [m.progress for m in self.moments if m.step >= self.record.status.step]
        return at[0] if at else self.record.status.progress

    @property
    def stops(self) -> list[list[float]]:
        """Progress, pictures and seconds of every frame, for the slider."""
        return [[round(m.progress, 4), m.pictures, round(m.seconds, 1)] for m in self.moments]


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


def films(runs: Sequence[Shown]) -> list[Film]:
    """A film of every model whose moments are on disk, all within one budget of bytes."""
    loaded = [(run, frames(run.folder, run.record)) for run in runs]
    loaded = [(run, moments) for run, moments in loaded if moments]
    share = FILM_BYTES // max(1, len(loaded))
    return [_film(run, moments, share) for run, moments in loaded]


def frames(folder: Path, record: Record) -> list[tuple[Moment, np.ndarray]]:
    """Every moment of the film that can be read, with its pictures."""
    found: list[tuple[Moment, np.ndarray]] = []
    for moment in record.film:
        path = pictures.inside(folder, moment.file)
        stack = pictures.load(path, 16) if path else None
        if stack is not None and (not found or stack.shape == found[0][1].shape):
            found.append((moment, stack))
    return found


def _film(run: Shown, moments: list[tuple[Moment, np.ndarray]], share: int) -> Film:
    columns = math.ceil(math.sqrt(len(moments[0][1])))
    for tile in TILES:
        images = [pictures.sheet(stack, columns, tile) for _, stack in moments]
        if images[0].width * len(images) > pictures.WIDEST:
            continue
        uri = pictures.data_uri(pictures.strip(images))
        chosen = sorted({0, len(images) // 2, len(images) - 1})
        stills = tuple((pictures.data_uri(images[i]), moment_words(moments[i][0])) for i in chosen)
        if len(uri) + sum(len(still) for still, _ in stills) <= share:
            break
    width, height = images[0].size
    kept = tuple(moment for moment, _ in moments)
    return Film(run.row, run.record, uri, width, height, kept, stills)


def moment_words(moment: Moment) -> str:
    return f"{words.percent(moment.progress)} · {words.plural(moment.pictures, 'painting')} shown"


def film_caption(made: Sequence[Film]) -> str:
    """What the film shows, from the change between its last two frames."""
    ended = [
        f"{film.row.name} ends at {words.percent(film.record.status.progress)}"
        for film in made
        if film.record.status.name != "done" and film.record.status.progress < 1
    ]
    count = max(len(film.moments) for film in made)
    start = f"The same probe at {words.plural(count, 'moment')} of the budget, for every model."
    return start + (f" {words.listed(ended)}." if ended else " Every film runs to the end.")


def failures(comparison: Comparison, with_pictures: bool) -> list[Failure]:
    """Every run that is not done, in the order of the table."""
    broken = [(row, run) for row in comparison.rows for run in row.runs
              if run[1].status.name != "done"]  # fmt: skip
    share = FAILURE_BYTES // max(1, len(broken)) if with_pictures else 0
    return [
        replace(_failure(row, folder, record, share), scores=_scores(record))
        for row, (folder, record) in broken
    ]


def _scores(record: Record) -> str:
    known = [score for score in record.scores.values() if score.value is not None]
    return ", ".join(f"{score.name} {words.number(score.value)}" for score in known[:MOST_SCORES])


def _failure(row: Row, folder: Path, record: Record, share: int) -> Failure:
    advice = ADVICE.get(record.status.name, "")
    moments = frames(folder, record) if share > 3000 else []
    if not moments or record.status.name not in ("collapsed", "diverged"):
        return Failure(row, record, advice)
    fine = _fine(moments, record)
    if not fine:
        (uris,) = pictures.fit([moments[-1][1]], (4, 2), share)
        said = f"No picture is from before. {_said('Last', *moments[-1])}"
        return Failure(row, record, advice, bad=uris, caption=said)
    said = _said("Last good", *fine[-1])
    if len(fine) == len(moments):
        (uris,) = pictures.fit([fine[-1][1]], (4, 2), share)
        return Failure(row, record, advice, uris, caption=f"{said} No later picture was kept.")
    good_uris, bad_uris = pictures.fit([fine[-1][1], moments[-1][1]], (4, 2), share)
    said += f" {_said('Last of all', *moments[-1])}"
    return Failure(row, record, advice, good_uris, bad_uris, said)


def _said(what: str, moment: Moment, stack: np.ndarray) -> str:
    gap = words.number(pictures.spread(stack))
    return f"{what}: step {moment.step:,}, the pictures differ by {gap} grey levels."


def _fine(
    moments: list[tuple[Moment, np.ndarray]], record: Record
) -> list[tuple[Moment, np.ndarray]]:
    """The moments before the step at which the run was found broken, less flat ones at the end."""
    fine = [(moment, stack) for moment, stack in moments if moment.step < record.status.step]
    while fine and fine[-1][1].std(axis=(1, 2)).max() < FLAT:
        fine.pop()
    return fine
