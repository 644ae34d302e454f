"""The training film: the fixed probe at the same moments for every model, and where it broke."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganbench.record import Moment, Record
from ganbench.report import formatting, sanitize
from ganbench.report.analysis.comparison import Row
from ganbench.report.pictures import encoding
from ganbench.report.pictures.gallery import ShownRun
from ganbench.system import html

FILM_BYTES = 560_000  # all films together, in base64
TILES = (96, 64, 48, 32, 24, 16)
ROUGH = 0.5  # a strip of frames takes at least this part of what its stills lead one to expect
MOST_MOMENTS = 48  # of a film


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


def films(runs: Sequence[ShownRun]) -> list[Film]:
    """A film of every model whose moments are on disk, all within one budget of bytes."""
    share = FILM_BYTES // max(1, sum(bool(run.record.film) for run in runs))
    made = (_film(run, share) for run in runs)
    return [film for film in made if film is not None]


def frames(
    folder: Path, record: Record, reader: encoding.Reader
) -> list[tuple[Moment, np.ndarray]]:
    """Every moment of the film that can be read, with its pictures; of very many, some."""
    found: list[tuple[Moment, np.ndarray]] = []
    for moment in sanitize.thinned(record.film, MOST_MOMENTS):
        stack = reader.of_run(folder, record, moment.file)
        if stack is not None and (not found or stack.shape == found[0][1].shape):
            found.append((moment, stack))
    return found


def _film(run: ShownRun, share: int) -> Film | None:
    moments = frames(run.folder, run.record, run.reader)
    return _cut(run, moments, share) if moments else None


def _cut(run: ShownRun, moments: list[tuple[Moment, np.ndarray]], share: int) -> Film:
    columns = math.ceil(math.sqrt(len(moments[0][1])))
    chosen = sorted({0, len(moments) // 2, len(moments) - 1})
    for tile in _tiles(moments[0][1]):
        some = [encoding.sheet(moments[i][1], columns, tile) for i in chosen]
        stills = [html.data_uri(image) for image in some]
        used = sum(map(len, stills))
        wide = some[0].width * len(moments) > encoding.WIDEST
        hopeless = used * (1 + ROUGH * len(moments) / len(chosen)) > share
        if tile != TILES[-1] and (wide or hopeless):
            continue
        images = [encoding.sheet(stack, columns, tile) for _, stack in moments]
        uri = html.data_uri(encoding.strip(images))
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
    shown = formatting.plural(moment.pictures, "painting")
    return f"{formatting.percent(moment.progress)} · {shown} shown"


def film_caption(made: Sequence[Film]) -> str:
    """What the film shows, from the change between its last two frames."""
    ended = [
        f"{film.row.name} ends at {formatting.percent(film.record.status.progress)}"
        for film in made
        if film.record.status.name != "done" and film.record.status.progress < 1
    ]
    count = max(len(film.moments) for film in made)
    start = (
        f"The same probe at {formatting.plural(count, 'moment')} of the budget, for every model."
    )
    return start + (f" {formatting.listed(ended)}." if ended else " Every film runs to the end.")
