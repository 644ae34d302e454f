"""Difficulty: photographs that every model does badly on, and those that divide the models.

Scoring stores how far each picture lies from its nearest real painting, in the eyes of the network
that judges; the first pictures of a run are those of the probe, so the photograph is known too.
Far means: like none of the paintings. It is one network's opinion of one picture, no verdict, and
near may be a copy. A model is held against itself, so that a bad one does not decide alone.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.pictures import encoding, gallery, memorization
from ganbench.report.pictures.gallery import Cells, Grid

MOST_RUNS = 5  # of a model
MOST = 3  # photographs in each list
FEWEST = 6  # photographs below which the hardest of them says nothing
BYTES = 90_000  # of the pictures of one list, in base64
CLEAR = 1.05  # times its usual distance: less is not worse than usual


@dataclass(frozen=True)
class Judged:
    """One translator: its pictures of the probe, and each one's distance by its own mean."""

    row: Row
    photographs: np.ndarray
    pictures: np.ndarray
    distances: np.ndarray  # of each picture, 1 is what this model usually has; mean over seeds
    seeds: int


@dataclass(frozen=True)
class List:
    """Some photographs: pictures where they are shown, and the numbers of every model."""

    title: str
    finding: str
    grid: Grid | None
    lines: tuple[tuple[str, tuple[str, ...]], ...]  # photograph, a number a model


@dataclass(frozen=True)
class Section:
    """The lists, and the models in the order of their columns."""

    rows: tuple[Row, ...]
    lists: tuple[List, ...]
    count: int
    seeds: str


def section(
    comparison: Comparison, public: bool, with_pictures: bool, reader: encoding.Reader
) -> Section | None:
    """Both lists; None where no translator has distances of the photographs of its probe."""
    judged = [found for row in comparison.shown if (found := _judged(row, reader))]
    judged = [one for one in judged if np.array_equal(one.photographs, judged[0].photographs)]
    if not judged or len(judged[0].distances) < FEWEST:
        return None
    distances = np.stack([one.distances for one in judged])
    lists = [_hard(judged, distances)]
    lists += [_dividing(judged, distances)] if len(judged) > 1 else []
    made = tuple(
        replace(found, grid=_grid(found, judged, places, public)) if with_pictures else found
        for found, places in lists
    )
    counts = sorted({one.seeds for one in judged})
    seeds = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    return Section(tuple(one.row for one in judged), made, distances.shape[1], seeds)


def _judged(row: Row, reader: encoding.Reader) -> Judged | None:
    """What the finished runs of a translator say of their probe; None where they cannot."""
    if row.source != "pictures":
        return None
    runs = [run for run in row.runs if run[1].status.name == "done"][:MOST_RUNS]
    found = [(run, pictures, far) for run in runs
             if (pictures := _probe(*run, reader)) is not None
             and (far := _distances(*run, len(pictures))) is not None]  # fmt: skip
    if not found:
        return None
    (folder, record), pictures, _ = found[0]
    photographs = reader.of_run(folder, record, record.views["input"])
    if photographs is None or len(photographs) != len(pictures):
        return None
    usual = np.mean([far / far.mean() for *_, far in found], axis=0)
    return Judged(row, photographs, pictures, usual, len(found))


def _probe(folder: Path, record: Record, reader: encoding.Reader) -> np.ndarray | None:
    """Pictures of the probe, if they are the first of those that were scored."""
    if not record.snapshots or not {"input", "output"} <= record.views.keys():
        return None
    pictures = reader.of_run(folder, record, record.views["output"])
    if pictures is None:
        return None
    scored = reader.samples(folder, record, record.snapshots[-1].file, len(pictures))
    return pictures if scored is not None and np.array_equal(scored, pictures) else None


def _distances(folder: Path, record: Record, count: int) -> np.ndarray | None:
    """Distance of the first pictures to their nearest painting; damage is told in Copying."""
    if memorization.EVIDENCE not in record.evidence:
        return None
    try:
        far = np.array(memorization.read(folder, record).generated[:count])
    except InputError:
        return None
    return far if len(far) == count and far.mean() > 0 else None


def _hard(judged: list[Judged], distances: np.ndarray) -> tuple[List, list[int]]:
    """The photographs on which even the model that does best is worse than usual."""
    least = distances.min(axis=0)
    places = [int(place) for place in np.argsort(-least, kind="stable")[:MOST]]
    first = places[0]
    who = "the model" if len(judged) == 1 else "every model"
    if least[first] < CLEAR:
        said = f"No photograph is harder than usual for {who}."
    else:
        times = formatting.number(float(least[first]))
        ends = "" if len(judged) == 1 else "at least "
        said = (
            f"Photograph {first + 1} is the hardest: {who} ends {ends}{times} times as far from "
            "any painting as it usually does."
        )
    title = "Hard for every model" if len(judged) > 1 else f"Hard for {judged[0].row.name}"
    return _list(title, said, distances, places), places


def _dividing(judged: list[Judged], distances: np.ndarray) -> tuple[List, list[int]]:
    """The photographs with the largest gap between the models."""
    gaps = np.ptp(distances, axis=0)
    places = [int(place) for place in np.argsort(-gaps, kind="stable")[:MOST]]
    first = places[0]
    best, worst = (judged[int(pick(distances[:, first]))] for pick in (np.argmin, np.argmax))
    near, far = (formatting.number(float(one.distances[first])) for one in (best, worst))
    if gaps[first] < CLEAR - 1:
        said = "No photograph divides the models: they find the same ones hard."
        return _list("What divides the models", said, distances, places), places
    said = (
        f"Photograph {first + 1} divides the models most: {best.row.name} at {near} times its "
        f"usual distance, {worst.row.name} at {far}; the typical gap is "
        f"{formatting.number(float(np.median(gaps)))}."
    )
    return _list("What divides the models", said, distances, places), places


def _list(title: str, finding: str, distances: np.ndarray, places: list[int]) -> List:
    lines = tuple(
        (f"photograph {place + 1}",
         tuple(formatting.number(float(value)) for value in distances[:, place]))
        for place in places
    )  # fmt: skip
    return List(title, finding, None, lines)


def _grid(found: List, judged: list[Judged], places: list[int], public: bool) -> Grid:
    """The photographs, which a public report leaves out, and what every model makes of them."""
    stacks: list[gallery.Stack] = []
    if not public:
        stacks.append(("photograph", None, "", judged[0].photographs[places]))
    stacks += [(one.row.name, one.row, "", one.pictures[places]) for one in judged]
    uris = encoding.fit([stack for *_, stack in stacks], (len(places),), BYTES)
    lines = tuple(
        Cells(label, line, row, note)
        for (label, row, note, _), line in zip(stacks, uris, strict=True)
    )
    numbers = formatting.listed([str(place + 1) for place in places])
    said = f"Photographs {numbers}, from left to right. {found.finding}"
    return Grid(found.title, said, lines)
