"""What each network was taught: history.csv of every run as small curves."""

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.report import formatting, sanitize
from ganbench.report.analysis.comparison import Row
from ganbench.report.figures import svg
from ganbench.report.figures.axes import WIDTH, Figure, colour
from ganbench.system import files, safe_read

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

PLAIN_COLUMNS = ("step", "seconds", "pictures", "pictures_per_second", "memory_bytes")
MOST_POINTS = 100  # on a curve of half the page's width more cannot be seen
MOST_LOSSES = 10
MOST_SEEDS = 5  # in a figure; finished ones first
MOST_HEAD, MOST_COLUMNS = 16_384, 400  # characters of the line that names them, and names


@dataclass(frozen=True)
class LossLine:
    """One loss of the run that is shown: its means over the first and last tenth."""

    column: str
    first: float
    last: float
    broken_at: int | None  # first step at which it was not a number

    @property
    def name(self) -> str:
        return sanitize.name(self.column)


@dataclass(frozen=True)
class Losses:
    """The losses of one model."""

    row: Row
    seed: int
    figure: Figure
    lines: tuple[LossLine, ...]


def read_history(folder: Path, run: Record) -> "pandas.DataFrame | None":
    """history.csv as numbers; None when it is missing, empty or not a table."""
    import pandas

    try:
        data = _whole(folder, run)
        head, ended, _ = data[:MOST_HEAD].partition(b"\n")
        if not ended or head.count(b",") > MOST_COLUMNS:
            return None
        table = pandas.read_csv(io.BytesIO(data)).apply(pandas.to_numeric, errors="coerce")
    except (OSError, ValueError):  # pandas' parser errors are ValueErrors, and so are ours
        return None
    if "step" not in table:
        return None
    table = table.where(table.abs() < sanitize.LARGEST)  # what is beyond is no number either
    table = table[table["step"] >= 0].reset_index(drop=True)
    return table if len(table) else None


def _whole(folder: Path, run: Record) -> bytes:
    """The log; InputError when it is not what a run wrote that knew its digest."""
    data = safe_read.read_bytes(files.inside(folder, "history.csv"))
    if "history.csv" in run.sha256:
        record.file(folder, run, "history.csv")
    return data


def too_large(row: Row) -> list[str]:
    """A sentence for each log that would be drawn if it were smaller."""
    return [
        f"The history.csv of {row.name}, seed {run.seed}, is larger than "
        f"{safe_read.LARGEST // 2**20} MiB, too large to be shown."
        for folder, run in _chosen(row)
        if _bytes_of(folder) > safe_read.LARGEST
    ]


def _bytes_of(folder: Path) -> int:
    try:
        return files.inside(folder, "history.csv").stat().st_size
    except (OSError, InputError):
        return 0


def _chosen(row: Row) -> list[tuple[Path, Record]]:
    return sorted(row.runs, key=lambda run: run[1].status.name != "done")[:MOST_SEEDS]


def losses(row: Row) -> Losses | None:
    """Curves of every loss of `row`: the first seed strong, the others faint."""
    chosen = _chosen(row)
    histories = {
        run.seed: table
        for path, run in row.runs
        if (path, run) in chosen and (table := read_history(path, run)) is not None
    }
    if not histories:
        return None
    seed = next((r.seed for r in row.finished if r.seed in histories), next(iter(histories)))
    shown = histories[seed]
    names = [str(name) for name in shown.columns if name not in PLAIN_COLUMNS][:MOST_LOSSES]
    if not names:
        return None
    lines = tuple(_line(shown, name) for name in names)
    name = f"losses-{row.place}"
    return Losses(row, seed, _draw(name, row, histories, seed, lines), lines)


def _line(table: "pandas.DataFrame", name: str) -> LossLine:
    values = table[name]
    tenth = max(1, len(values) // 10)
    broken = table["step"][~values.map(math.isfinite)]
    first, last = values[:tenth].mean(), values[-tenth:].mean()
    return LossLine(name, float(first), float(last), int(broken.iloc[0]) if len(broken) else None)


def _draw(
    name: str, row: Row, histories: "dict[int, pandas.DataFrame]", seed: int,
    lines: tuple[LossLine, ...],
) -> Figure:  # fmt: skip
    from matplotlib.figure import Figure as Canvas

    with svg.style():
        size = (WIDTH, 0.62 * len(lines) + 0.45)
        figure = Canvas(figsize=size, layout="constrained")
        grid = figure.subplots(len(lines), 1, sharex=True, squeeze=False)
        for ax, line in zip(grid[:, 0], lines, strict=True):
            for other, history in histories.items():
                if line.column in history:
                    _plot(ax, history, line.column, row, strong=other == seed)
            _label(ax, line)
        grid[-1, 0].set_xlabel("step")
        grid[-1, 0].xaxis.set_major_formatter("{x:,.0f}")
        return Figure(name, _caption(row, lines), svg.render(figure))


def _plot(ax: "Axes", history: "pandas.DataFrame", name: str, row: Row, strong: bool) -> None:
    group = max(1, math.ceil(len(history) / MOST_POINTS))
    means = history[["step", name]].groupby(history.index // group).mean()
    width, alpha = (1.5, 1.0) if strong else (0.8, 0.35)
    ax.plot(means["step"], means[name], color=colour(row), linewidth=width, alpha=alpha)


def _label(ax: "Axes", line: LossLine) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.set_ylabel("")
    ax.yaxis.set_major_locator(MaxNLocator(2))
    ax.set_xlabel("")
    ax.spines[["bottom", "left"]].set_visible(False)
    ax.tick_params(bottom=False)
    ax.set_title(formatting.shortened(line.name), loc="left", pad=2, color=svg.sentinel("ink"))


def _caption(row: Row, lines: tuple[LossLine, ...]) -> str:
    """The loss that moved most, or the first that broke."""
    broken = [line for line in lines if line.broken_at is not None]
    if broken:
        first = min(broken, key=lambda line: line.broken_at or 0)
        return f"{row.name}: {first.name} is not a number from step {first.broken_at:,} on."
    moved = max(lines, key=_movement)
    start, end = formatting.number(moved.first), formatting.number(moved.last, moved.first)
    if _movement(moved) < math.log(1.1):
        return f"{row.name}: no loss moved by more than a tenth."
    verb = "falls" if moved.last < moved.first else "rises"
    return f"{row.name}: {moved.name} {verb} the most, from {start} to {end}."


def _movement(line: LossLine) -> float:
    if not (line.first > 0 and line.last > 0):
        return 0.0
    return abs(math.log(line.last / line.first))
