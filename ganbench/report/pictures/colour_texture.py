"""Colour and texture: do the models paint in the paintings' colours, and with as fine a brush?

Everything here is a statistic over many pictures, from which none can be made again: it stays in a
public report, and in one without pictures. Models are measured by the pictures they were scored by,
the data by what the results keep of them, which is little: every count stands in the table.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ganbench.record import Results
from ganbench.report import formatting
from ganbench.report.analysis import uncertainty
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.figures import colour_texture as drawing
from ganbench.report.figures.axes import Figure
from ganbench.report.figures.colour_texture import Line
from ganbench.report.pictures import encoding, statistics
from ganbench.report.pictures.statistics import Statistics

MOST = 64  # pictures of a run
MOST_RUNS = 5  # of a model
MESH = "mesh"  # the metric that measures the peaks of the spectrum
SIDES = {"target": "paintings", "source": "photographs"}
VIEWS = {"target": "target", "source": "input"}  # what a probe holds of the data
TITLES = {"paintings": "the paintings", "photographs": "the untouched photographs"}


@dataclass(frozen=True)
class Measured:
    """What there is to say of one model, or (without a row) of one side of the data."""

    row: Row | None
    name: str
    found: Statistics
    distance: tuple[float, float | None] | None  # of mean colours to the paintings, and its error
    overlap: float | None
    fine: float | None
    mesh: float | None

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @property
    def colour(self) -> tuple[str, ...]:
        return tuple(formatting.fixed(float(level), 0) for level in self.found.mean)

    @property
    def apart(self) -> str:
        """Distance of the mean colour to the paintings' with its 95 % interval over pictures."""
        if self.distance is None:
            return formatting.MISSING
        value, error = self.distance
        return formatting.spread(value, None if error is None else uncertainty.NORMAL * error)

    @property
    def shared(self) -> str:
        """Overlap with the paintings; of these, of one half with the other."""
        of_itself = self.row is None and self.name == "paintings"
        value = self.found.halves if of_itself else self.overlap
        return formatting.MISSING if value is None else formatting.percent(value)


@dataclass(frozen=True)
class Section:
    """The two figures and the table under them."""

    lines: tuple[Measured, ...]
    figures: tuple[Figure, ...]
    mesh_is: str  # what the metric of that name measures


def section(results: Results, comparison: Comparison, reader: encoding.Reader) -> Section | None:
    """Measure every model shown, and both sides of the data; None where no picture is stored."""
    models = [(row, found) for row in comparison.shown
              if (found := statistics.of(_of_model(row, reader)))]  # fmt: skip
    if not models:
        return None
    data = {said: found for side, said in SIDES.items()
            if (found := statistics.of(_of_side(results, side, reader)))}  # fmt: skip
    target = data.get("paintings")
    lines = [_measured(None, said, found, target, _untrained(comparison, said))
             for said, found in data.items()]  # fmt: skip
    lines += [_measured(row, row.name, found, target, _mesh(row)) for row, found in models]
    about = [score.about for score in comparison.metrics if score.metric == MESH and score.about]
    return Section(tuple(lines), tuple(_figures(lines)), about[0] if about else "not measured")


def _of_model(row: Row, reader: encoding.Reader) -> list[np.ndarray]:
    """The last pictures of every run that ended well, or of the first run where none did."""
    done = [run for run in row.runs if run[1].status.name == "done"] or list(row.runs[:1])
    found = []
    for folder, record in done[:MOST_RUNS]:
        name = record.snapshots[-1].file if record.snapshots else record.views.get("output")
        stack = reader.samples(folder, record, name, MOST) if name else None
        found += [] if stack is None else [stack]
    return found


def _of_side(results: Results, side: str, reader: encoding.Reader) -> list[np.ndarray]:
    """All different pictures of one side that the results keep: of the gallery and the probe."""
    stacks = []
    names = (results.suite.get("data") or {}).get("gallery") or {}
    if results.runs and names.get(side):
        stacks.append(reader.of_suite(results.runs[0][0].parent, names[side]))
    able = [run for run in results.runs if VIEWS[side] in run[1].views]
    stacks += [reader.of_run(folder, run, run.views[VIEWS[side]]) for folder, run in able[:1]]
    return _different(stack for stack in stacks if stack is not None)


def _different(stacks: Iterable[np.ndarray]) -> list[np.ndarray]:
    """The stacks without pictures that stand in an earlier one or twice in the same."""
    seen: set[bytes] = set()
    kept = []
    for stack in stacks:
        marks = [hashlib.sha256(picture.tobytes()).digest() for picture in stack]
        fresh = [place for place, mark in enumerate(marks)
                 if mark not in seen and marks.index(mark) == place]  # fmt: skip
        seen.update(marks)
        kept.append(stack[fresh])
    return kept


def _measured(
    row: Row | None, name: str, found: Statistics, target: Statistics | None, mesh: float | None
) -> Measured:
    if target is None or found is target:
        return Measured(row, name, found, None, None, None, mesh)
    return Measured(
        row, name, found, statistics.colour_distance(found, target),
        statistics.overlap(found, target), statistics.fine_detail(found, target), mesh,
    )  # fmt: skip


def _mesh(row: Row) -> float | None:
    """The mesh of a model as its runs were scored: mean over seeds, in dB."""
    interval = row.interval(MESH)
    return interval.mean if interval else None


def _untrained(comparison: Comparison, said: str) -> float | None:
    return comparison.baseline("floor" if said == "paintings" else "identity", MESH)


def _figures(lines: Sequence[Measured]) -> list[Figure]:
    width = (drawing.TOP + 1) / statistics.BINS
    middles = [width * (place + 0.5) for place in range(statistics.BINS)]
    channels = [
        [Line(one.row, one.name, middles, one.found.histograms[channel].tolist()) for one in lines]
        for channel in range(3)
    ]
    made = [drawing.histograms(channels, colour_finding(lines))]
    spectra = [Line(one.row, one.name, one.found.spectrum[0].tolist(), one.found.decibels)
               for one in lines if one.found.spectrum]  # fmt: skip
    return made + ([drawing.spectra(spectra, texture_finding(lines))] if spectra else [])


def colour_finding(lines: Sequence[Measured]) -> str:
    """Whose colours come nearest to the paintings', and whether that beats doing nothing."""
    models = [one for one in lines if one.row and one.overlap is not None]
    if not models:
        return "The paintings are not there to compare with."
    best = max(models, key=lambda one: one.overlap or 0)
    said = f"The colours of {best.name} overlap with those of the paintings by {_share(best)}"
    last = min(models, key=lambda one: one.overlap or 0)
    if last is not best:
        said += f", the most of all models; those of {last.name} by {_share(last)}"
    untouched = [one for one in lines if one.name == "photographs" and not one.row]
    if untouched and untouched[0].overlap is not None:
        said += f"; those of the untouched photographs by {_share(untouched[0])}"
    real = next(one for one in lines if one.name == "paintings" and not one.row)
    said += f". Only {formatting.plural(real.found.count, 'painting')} are kept here"
    if real.found.halves is None:
        return f"{said}."
    return (
        f"{said}, one half of which overlaps with the other by "
        f"{formatting.percent(real.found.halves)}: what comes near that cannot be told from them."
    )


def _share(one: Measured) -> str:
    return formatting.percent(one.overlap or 0)


def texture_finding(lines: Sequence[Measured]) -> str:
    """Whose spectrum has the highest peaks of a mesh, and who lacks or adds fine detail."""
    models = [one for one in lines if one.row]
    meshes = [one for one in models if one.mesh is not None]
    said = []
    if meshes:
        worst = max(meshes, key=lambda one: one.mesh or 0)
        real = next((one.mesh for one in lines if one.name == "paintings" and not one.row), None)
        beside = "" if real is None else f" (paintings {formatting.number(real)} dB)"
        what = "highest peaks of a mesh" if len(meshes) > 1 else "peaks of a mesh"
        value = formatting.number(worst.mesh)
        said.append(f"{worst.name} has the {what}: {value} dB over their surroundings{beside}.")
    fine = sorted((one.fine, one.name) for one in models if one.fine is not None)
    if fine:
        words = [f"{name} {formatting.number(value)} dB" for value, name in fine]
        said.append(
            f"Detail of periods up to {statistics.FINE} pixels against the paintings: "
            f"{formatting.some(words)}."
        )
    return " ".join(said) or "Nothing to compare the spectra with is there."
