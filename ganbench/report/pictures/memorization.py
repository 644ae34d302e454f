"""Is it copying? The pictures nearest to real ones, and how near all of them are.

Scoring stores, for every run, the distance of each generated picture to its nearest real one, those
of real pictures to each other, and the most suspicious pictures beside what they resemble. The
files come with the results and may be anybody's: they are checked, and a damaged one is a sentence.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from ganbench.errors import InputError
from ganbench.record import Record, file
from ganbench.report import formatting, sanitize
from ganbench.report.analysis.comparison import SHOWN, Comparison, Row
from ganbench.report.figures import axes, svg
from ganbench.report.figures.axes import Figure
from ganbench.report.pictures import encoding
from ganbench.system import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EVIDENCE = "nearest"  # key in a record's evidence
BYTES = 420_000  # of all pictures of the section, in base64
EDGES = (128, 96, 72, 64, 48)  # eight pairs say more than four larger ones
CLOSE = 1  # percent of real paintings that lie nearer to each other: nearer than those is close
CHANCE = 3  # times as many close ones as chance gives are still no hint
SAME = 1e-6  # of the real median: nearer than this is the same picture

MOST_DISTANCES = 200_000  # in a file
MOST_READ = 20  # seeds of a model
DRAWN = 5000  # steps of a curve; of more, as many quantiles show the same

Distance = Annotated[float, Field(ge=0, le=sanitize.LARGEST, allow_inf_nan=False)]


class Neighbour(BaseModel):
    """A real picture and how far it is."""

    name: str = ""
    distance: Distance


class Pair(BaseModel):
    """A generated picture, by its number, and the real ones nearest to it."""

    sample: int
    real: list[Neighbour]


class Nearest(BaseModel):
    """The file as scoring writes it; `pictures` holds each generated one and then its real ones."""

    pictures: str
    neighbours: int = Field(ge=1, le=8)
    rows: list[Pair] = Field(max_length=64)
    generated: list[Distance] = Field(min_length=1, max_length=MOST_DISTANCES)
    real: list[Distance] = Field(min_length=1, max_length=MOST_DISTANCES)


@dataclass(frozen=True)
class Match:
    """A generated picture and its nearest real ones, each with name and distance."""

    uri: str
    sample: int
    real: tuple[tuple[str, str, str], ...]  # data URI (empty in public), name, distance


@dataclass(frozen=True)
class Copying:
    """What there is to say of one model."""

    row: Row
    folder: Path
    record: Record
    finding: str
    nearest: Nearest
    matches: tuple[Match, ...] = ()

    @property
    def note(self) -> str:
        ending = self.record.status.name.replace("_", " ")
        return f"seed {self.record.seed}" + ("" if ending == "done" else f", {ending}")


@dataclass(frozen=True)
class Section:
    """All models, the figure, and a sentence for each file that cannot be used."""

    models: tuple[Copying, ...]
    figure: Figure | None
    problems: tuple[str, ...]
    others: tuple[Copying, ...] = ()  # of many models those in words only


def section(comparison: Comparison, public: bool, with_pictures: bool) -> Section:
    """Read the evidence of every model, and tell of the seed whose pictures lie nearest."""
    problems: list[str] = []
    found = [(row, _read(row, problems)) for row in comparison.listed]
    models = [max(seeds, key=_nearness) for _, seeds in found if seeds]
    share = BYTES // max(1, min(len(models), SHOWN))
    shown = _shown(models, comparison)
    if with_pictures:
        made = [_with_matches(model, public, share) for model in shown]
        shown = [model for model, _ in made]
        problems += [
            f"The pictures of {_who(model.row, model.record)} are not shown: {problem}."
            for model, problem in made
            if problem
        ]
    others = [model for model in models if model.row not in [found.row for found in shown]]
    return Section(tuple(shown), _draw(shown), tuple(problems), tuple(others))


def _shown(models: list[Copying], comparison: Comparison) -> list[Copying]:
    """All models, or of many first those that may copy and then those shown elsewhere."""
    if len(models) <= SHOWN:
        return models
    order = sorted(models, key=lambda m: (not suspicious(m.nearest), m.row not in comparison.shown))
    chosen = [model.row for model in order[:SHOWN]]
    return [model for model in models if model.row in chosen]


def _read(row: Row, problems: list[str]) -> list[Copying]:
    """What the finished seeds of a model say, or else the first of any ending."""
    able = [run for run in row.runs if EVIDENCE in run[1].evidence]
    finished = [run for run in able if run[1].status.name == "done"][:MOST_READ]
    models = []
    for folder, record in finished or able[:1]:
        who = _who(row, record)
        try:
            nearest = read(folder, record)
        except InputError as error:
            problems.append(f"The nearest pictures of {who} are not shown: {error}.")
            continue
        said = finding(who if len(finished) > 1 else row.name, nearest)
        models.append(Copying(row, folder, record, said, nearest))
    return models


def _nearness(model: Copying) -> tuple[int, float, float]:
    """The same pictures, the share of close ones, and how near a typical one lies."""
    nearest = model.nearest
    typical = float(np.median(nearest.generated)) / (float(np.median(nearest.real)) or 1.0)
    return _same(nearest), _close(nearest) / len(nearest.generated), -typical


def _who(row: Row, record: Record) -> str:
    return f"{row.name} seed {record.seed}"


def read(folder: Path, record: Record) -> Nearest:
    """Read a run's file of nearest pictures; one sentence when it is not what it should be."""
    name = record.evidence[EVIDENCE]
    value = files.read_sealed(file(folder, record, name), old=True)
    value.pop("format", None)
    try:
        found = Nearest.model_validate_json(json.dumps(value))
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(map(str, detail["loc"])) or "content"
        raise InputError(f"{name} is damaged: {place}: {detail['msg']}") from None
    if any(len(pair.real) != found.neighbours for pair in found.rows):
        raise InputError(f"{name} is damaged: not {found.neighbours} real pictures in every row")
    return found


def _matches(
    folder: Path, record: Record, nearest: Nearest, public: bool, share: int
) -> tuple[tuple[Match, ...], str]:
    """The stored pictures as they are shown, or the reason why not; in public no real ones."""
    group = 1 + nearest.neighbours
    if not nearest.rows:
        return (), ""
    try:
        stack = encoding.of_run(folder, record, nearest.pictures)
    except InputError as error:
        return (), str(error)
    if len(stack) != group * len(nearest.rows):
        return (), f"they are {len(stack)} and not {group * len(nearest.rows)} pictures"
    step = 1 if public else group
    shown = stack[::group] if public else stack
    counts = sorted({step * min(most, len(nearest.rows)) for most in (8, 4)}, reverse=True)
    (uris,) = encoding.fit([shown], counts, share, EDGES)
    return tuple(_line(nearest, uris, place, step, public)
                 for place in range(len(uris) // step)), ""  # fmt: skip


def _with_matches(model: Copying, public: bool, share: int) -> tuple[Copying, str]:
    matches, problem = _matches(model.folder, model.record, model.nearest, public, share)
    return replace(model, matches=matches), problem


def _line(nearest: Nearest, uris: Sequence[str], place: int, step: int, public: bool) -> Match:
    pair, start = nearest.rows[place], place * step
    real = tuple(
        ("" if public else uris[start + 1 + index], "" if public else sanitize.name(found.name),
         formatting.number(found.distance))
        for index, found in enumerate(pair.real)
    )  # fmt: skip
    return Match(uris[start], pair.sample, real)


def suspicious(nearest: Nearest) -> bool:
    """Whether more pictures are close to a real one, or the same, than chance explains."""
    close, same = _close(nearest), _same(nearest)
    return same > 0 or close > max(1, CHANCE * CLOSE / 100 * len(nearest.generated))


def _close(nearest: Nearest) -> int:
    limit = np.percentile(nearest.real, CLOSE)
    return int(np.sum(np.array(nearest.generated) < limit))


def _same(nearest: Nearest) -> int:
    """Generated pictures at no distance; none where real ones repeat each other as well."""
    limit = SAME * float(np.median(nearest.real))
    repeated = bool(np.any(np.array(nearest.real) <= limit))
    return 0 if repeated else int(np.sum(np.array(nearest.generated) <= limit))


def finding(name: str, nearest: Nearest) -> str:
    """What the distances say of one model, in two or three sentences."""
    close, same, count = _close(nearest), _same(nearest), len(nearest.generated)
    said = f"{name}: {_median_sentence(nearest)}. "
    if same:
        verb = "is" if same == 1 else "are"
        said += f"{same} of {count} {verb} the very picture that was trained on. "
    if suspicious(nearest):
        lies = "lies" if close == 1 else "lie"
        return said + (
            f"{close} of {count} {lies} nearer to a real painting than {100 - CLOSE} % of "
            "real paintings do to each other: look at the pairs."
        )
    if not close:
        return said + "Nothing hints at copying."
    return said + f"Nothing hints at copying: {close} of {count} close ones are what chance gives."


def _median_sentence(nearest: Nearest) -> str:
    real = float(np.median(nearest.real))
    if not real:
        return "the real paintings repeat each other, so that no distance can be judged"
    return (
        f"a typical picture lies {float(np.median(nearest.generated)) / real:.2f} times as far "
        "from its nearest real painting as a real one lies from its nearest other one"
    )


def _draw(models: Sequence[Copying]) -> Figure | None:
    """Share of pictures with a nearest real painting within a distance, beside real ones."""
    if not models:
        return None
    with svg.style():
        ax = axes.axes()
        real = _drawn(models[0].nearest.real)
        ax.ecdf(real, color=svg.sentinel("ink"), linewidth=1.2, linestyle=(0, (4, 2)))
        for model in models:
            _steps(ax, model)
        ax.set_xlabel("distance to the nearest real painting")
        ax.set_ylabel("share of pictures")
        ax.set_ylim(0, 1.02)
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        ax.annotate(
            "dashed: real paintings to each other", (0.02, 0.98), xycoords="axes fraction",
            va="top", fontsize=8, color=svg.sentinel("muted"),
        )  # fmt: skip
        axes.legend(ax, [model.row for model in models])
        return axes.finish(ax, "copying", _caption(models))


def _drawn(distances: list[float]) -> np.ndarray:
    if len(distances) <= DRAWN:
        return np.array(distances)
    return np.quantile(distances, np.linspace(0, 1, DRAWN))


def _steps(ax: "Axes", model: Copying) -> None:
    values = np.sort(_drawn(model.nearest.generated))
    every = max(1, len(values) // 12)
    ax.plot(
        values, np.arange(1, len(values) + 1) / len(values), drawstyle="steps-post",
        color=axes.colour(model.row), marker=model.row.marker, markersize=4.5,
        markevery=every, linewidth=1.6,
    )  # fmt: skip


def _caption(models: Sequence[Copying]) -> str:
    suspects = [model.row.name for model in models if suspicious(model.nearest)]
    if not suspects:
        return "No curve starts well to the left of the dashed one: nothing hints at copying."
    verb = "starts" if len(suspects) == 1 else "start"
    names = formatting.listed(suspects)
    return f"{names} {verb} left of the dashed curve: some pictures are too near."
