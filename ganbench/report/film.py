"""The training film: the fixed probe at the same moments for every model, and where it broke."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganbench.record import Moment, Record
from ganbench.report import pictures, words
from ganbench.report.gallery import Shown
from ganbench.report.rows import Comparison, Row

FILM_BYTES = 560_000  # all films together, in base64
FAILURE_BYTES = 110_000
TILES = (96, 64, 48, 32, 24, 16)
SUDDEN = 0.5  # a spread below this part of the moment before is where the collapse began

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
    def stops(self) -> list[list[float]]:
        """Progress, pictures and seconds of every frame, for the slider."""
        return [[round(m.progress, 4), m.pictures, round(m.seconds, 1)] for m in self.moments]


@dataclass(frozen=True)
class Failure:
    """A run that did not end well, with its last good and first bad pictures."""

    row: Row
    record: Record
    advice: str
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    caption: str = ""


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
    ended = [f"{film.row.name} ends at {words.percent(film.record.status.progress)}"
             for film in made if film.record.status.name != "done"]  # fmt: skip
    count = max(len(film.moments) for film in made)
    start = f"The same probe at {words.plural(count, 'moment')} of the budget, for every model."
    return start + (f" {words.listed(ended)}." if ended else " Every film runs to the end.")


def failures(comparison: Comparison, with_pictures: bool) -> list[Failure]:
    """Every run that is not done, in the order of the table."""
    broken = [(row, run) for row in comparison.rows for run in row.runs
              if run[1].status.name != "done"]  # fmt: skip
    share = FAILURE_BYTES // max(1, len(broken))
    return [_failure(row, folder, record, share if with_pictures else 0)
            for row, (folder, record) in broken]  # fmt: skip


def _failure(row: Row, folder: Path, record: Record, share: int) -> Failure:
    advice = ADVICE.get(record.status.name, "")
    moments = frames(folder, record) if share > 3000 else []
    if len(moments) < 2 or record.status.name not in ("collapsed", "diverged"):
        return Failure(row, record, advice)
    first_bad = _first_bad(moments, record)
    before, good = moments[first_bad - 1]
    said = f"Last good: step {before.step:,}, the pictures differ by "
    said += f"{words.number(pictures.spread(good))} grey levels."
    if first_bad == len(moments):
        (uris,) = pictures.fit([good], (4, 2), share)
        return Failure(row, record, advice, uris, (), f"{said} No later picture was kept.")
    after, bad = moments[first_bad]
    good_uris, bad_uris = pictures.fit([good, bad], (4, 2), share)
    said += f" First bad: step {after.step:,}, they differ by "
    said += f"{words.number(pictures.spread(bad))}."
    return Failure(row, record, advice, good_uris, bad_uris, said)


def _first_bad(moments: list[tuple[Moment, np.ndarray]], record: Record) -> int:
    """Index of the first bad frame: where the spread fell sharply, or else where the run broke.

    The number of frames when every one of them is from before.
    """
    spreads = [pictures.spread(stack) for _, stack in moments]
    for index, (before, after) in enumerate(itertools.pairwise(spreads), start=1):
        if after < SUDDEN * before:
            return index
    broken = [i for i, (moment, _) in enumerate(moments) if moment.step >= record.status.step]
    return max(1, broken[0]) if broken else len(moments)
