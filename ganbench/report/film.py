"""The training film: the fixed probe at the same moments for every model, and where it broke."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ganbench.record import Moment, Record
from ganbench.report import guard, pictures, words
from ganbench.report.gallery import Shown
from ganbench.report.rows import Comparison, Row

FILM_BYTES = 560_000  # all films together, in base64
FAILURE_BYTES = 110_000
TILES = (96, 64, 48, 32, 24, 16)
ROUGH = 0.5  # a strip of frames takes at least this part of what its stills lead one to expect
MOST_FAILURES = 12  # that are shown with pictures; the others are lines
FLAT = 1.5  # grey levels; no picture of a good moment differs so little within itself
MOST_MOMENTS = 48  # of a film
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
    share = FILM_BYTES // max(1, sum(bool(run.record.film) for run in runs))
    made = (_film(run, share) for run in runs)
    return [film for film in made if film is not None]


def frames(
    folder: Path, record: Record, reader: pictures.Reader
) -> list[tuple[Moment, np.ndarray]]:
    """Every moment of the film that can be read, with its pictures; of very many, some."""
    found: list[tuple[Moment, np.ndarray]] = []
    for moment in guard.thinned(record.film, MOST_MOMENTS):
        stack = reader.of_run(folder, record, moment.file)
        if stack is not None and (not found or stack.shape == found[0][1].shape):
            found.append((moment, stack))
    return found


def _film(run: Shown, share: int) -> Film | None:
    moments = frames(run.folder, run.record, run.reader)
    return _cut(run, moments, share) if moments else None


def _cut(run: Shown, moments: list[tuple[Moment, np.ndarray]], share: int) -> Film:
    columns = math.ceil(math.sqrt(len(moments[0][1])))
    chosen = sorted({0, len(moments) // 2, len(moments) - 1})
    for tile in _tiles(moments[0][1]):
        some = [pictures.sheet(moments[i][1], columns, tile) for i in chosen]
        stills = [pictures.data_uri(image) for image in some]
        used = sum(map(len, stills))
        wide = some[0].width * len(moments) > pictures.WIDEST
        hopeless = used * (1 + ROUGH * len(moments) / len(chosen)) > share
        if tile != TILES[-1] and (wide or hopeless):
            continue
        images = [pictures.sheet(stack, columns, tile) for _, stack in moments]
        uri = pictures.data_uri(pictures.strip(images))
        if len(uri) + used <= share:
            break
    said = [moment_words(moments[i][0]) for i in chosen]
    kept = tuple(moment for moment, _ in moments)
    width, height = some[0].size
    told = tuple(zip(stills, said, strict=True))
    return Film(run.row, run.record, uri, width, height, kept, told)


def _tiles(stack: np.ndarray) -> list[int]:
    """Edges to try; one that pictures of this size do not reach is the same as the next."""
    largest = max(stack.shape[1:3])
    return [tile for place, tile in enumerate(TILES)
            if tile == TILES[-1] or TILES[place + 1] < largest]  # fmt: skip


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


def failures(
    comparison: Comparison, with_pictures: bool, reader: pictures.Reader | None = None
) -> list[Failure]:
    """Every run that is not done, in the order of the table."""
    reader = reader or pictures.Reader()
    broken = [(row, run) for row in comparison.rows for run in row.runs
              if run[1].status.name != "done"]  # fmt: skip
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
    return ", ".join(f"{score.name} {words.number(score.value)}" for score in known[:MOST_SCORES])


def _failure(
    row: Row, folder: Path, record: Record, share: int, reader: pictures.Reader
) -> Failure:
    advice = ADVICE.get(record.status.name, "")
    seen = share > 0 and record.status.name in ("collapsed", "diverged")
    moments = frames(folder, record, reader) if seen else []
    if not moments:
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
