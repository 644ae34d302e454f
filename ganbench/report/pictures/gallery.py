"""What the models made: the same inputs through every model, there and back, walks, the data."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ganbench.record import Record, Results
from ganbench.report import formatting, sanitize
from ganbench.report.analysis.comparison import LISTED, Comparison, Row
from ganbench.report.pictures import encoding

BYTES = {"verdict": 120_000, "wall": 560_000, "back": 420_000, "noise": 200_000, "data": 240_000}
KNOWN = {"input", "output", "back", "identity", "target", "reverse", "reverse_back", "walk"}
OF_THE_DATA = {"input", "target", "back", "identity", "reverse_back"}  # copies of it, or nearly
TITLED = {"raw": ("Without the average", "{} drawn with the weights of its last step alone.")}
AMPLIFIED = 3
BESIDE = 3  # pictures below the verdict, at least
MOST_OWN = 6  # grids of views that only their model knows


Stack = tuple[str, Row | None, str, np.ndarray]  # label, model, note, pictures


@dataclass(frozen=True)
class Cells:
    """One line of pictures. `row` gives the model's colour and marker where there is one."""

    label: str
    uris: tuple[str, ...]
    row: Row | None = None
    note: str = ""


@dataclass(frozen=True)
class Grid:
    """Lines of pictures whose columns belong together."""

    title: str
    caption: str
    lines: tuple[Cells, ...]

    @property
    def columns(self) -> int:
        return max(len(line.uris) for line in self.lines)


class ShownRun:
    """The run of a row whose pictures are shown: its first finished seed, or else its first."""

    def __init__(self, row: Row, public: bool, reader: encoding.Reader):
        self.row, self.public, self.reader = row, public, reader
        finished = [run for run in row.runs if run[1].status.name == "done"]
        candidates = [run for run in finished if run[1].views] or list(row.runs)
        self.folder: Path = candidates[0][0]
        self.record: Record = candidates[0][1]

    @cached_property
    def views(self) -> dict[str, np.ndarray]:
        """Pictures by what they show; in public, none that copy the data."""
        found = {}
        own = [name for name in sorted(self.record.views) if name not in KNOWN][:MOST_OWN]
        for name, file in self.record.views.items():
            if (self.public and name in OF_THE_DATA) or name not in {*KNOWN, *own}:
                continue
            array = self.reader.of_run(self.folder, self.record, file)
            if array is not None:
                found[name] = array
        return found

    @property
    def note(self) -> str:
        ending = self.record.status.name.replace("_", " ")
        return f"seed {self.record.seed}" + ("" if ending == "done" else f", {ending}")


def shown_runs(comparison: Comparison, public: bool, reader: encoding.Reader) -> list[ShownRun]:
    return [ShownRun(row, public, reader) for row in comparison.shown if row.records]


def elsewhere(comparison: Comparison, results: Results) -> list[tuple[Row, str]]:
    """Models whose pictures are not on the page, and the run's folder that has them."""
    return [
        (row, row.runs[0][0].relative_to(results.folder).as_posix())
        for row in comparison.unshown[:LISTED]
        if row.runs
    ]


def same_input(runs: Sequence[ShownRun], place: int = 0) -> list[tuple[Row | None, np.ndarray]]:
    """One probe photograph, where it may be shown, and what every model makes of it or of noise."""
    inputs = [run.views["input"] for run in runs if "input" in run.views]
    start: list[tuple[Row | None, np.ndarray]] = [(None, of[place]) for of in inputs[:1]
                                                  if place < len(of)]  # fmt: skip
    outputs = [(run.row, run.views["output"]) for run in runs if "output" in run.views]
    return start + [(row, of[place]) for row, of in outputs if place < len(of)]


def verdict_line(runs: Sequence[ShownRun]) -> list[tuple[Row | None, str]]:
    """The first probe photograph, and what every model makes of it (or of noise).

    Of a single model another follows: alone across the page, small pictures are a blur.
    """
    items: list[tuple[Row | None, np.ndarray]] = []
    for place in range(BESIDE):
        if len(items) < BESIDE:
            items += same_input(runs, place)
    uris = encoding.fit([picture[None] for _, picture in items], (1,), BYTES["verdict"])
    return [(row, line[0]) for (row, _), line in zip(items, uris, strict=True)]


def _digest(array: np.ndarray | None) -> str:
    return "" if array is None else hashlib.sha256(array.tobytes()).hexdigest()


def translations(runs: Sequence[ShownRun]) -> list[Grid]:
    """The same photographs through every translator; one grid for each set of inputs."""
    groups: dict[str, list[ShownRun]] = {}
    for run in runs:
        if run.record.source == "pictures" and "output" in run.views:
            groups.setdefault(_digest(run.views.get("input")), []).append(run)
    return [_translation(group, BYTES["wall"] // len(groups)) for group in groups.values()]


def _translation(group: list[ShownRun], bytes_left: int) -> Grid:
    stacks: list[Stack] = []
    if "input" in group[0].views:
        stacks.append(("photograph", None, "", group[0].views["input"]))
    stacks += [(run.row.name, run.row, run.note, run.views["output"]) for run in group]
    lines = _fit(stacks, (8, 6, 4), bytes_left)
    names = formatting.listed([run.row.name for run in group])
    caption = f"The same photographs, chosen by hash and not by hand, painted by {names}."
    if len(group) > 1:
        caption += " " + _largest_change(group)
    return Grid("The same photographs through every model", caption.strip(), lines)


def _largest_change(group: list[ShownRun]) -> str:
    """Which model changes its photographs the most, and which the least."""
    both = [run for run in group if {"input", "output"} <= run.views.keys()]
    sizes = sorted((_difference(run, "input", "output") or 0.0, run.row.name) for run in both)
    if len(sizes) < 2:
        return ""
    (low, least), (high, most) = sizes[0], sizes[-1]
    return (
        f"{most} changes them the most ({formatting.number(high)} grey levels on average), "
        f"{least} the least ({formatting.number(low)})."
    )


def _fit(stacks: Sequence[Stack], counts: Sequence[int], bytes_left: int) -> tuple[Cells, ...]:
    made = encoding.fit([stack for *_, stack in stacks], counts, bytes_left)
    return tuple(
        Cells(label, uris, row, note)
        for (label, row, note, _), uris in zip(stacks, made, strict=True)
    )


def noise_grids(runs: Sequence[ShownRun]) -> list[Grid]:
    """For models that start from noise: sixteen latents, and a walk between two."""
    chosen = [run for run in runs if run.record.source == "noise" and run.views]
    grids = []
    for run in chosen:
        share = BYTES["noise"] // (2 * len(chosen))
        for view, title, count in (("output", "Sixteen latents", 16), ("walk", "A latent walk", 8)):
            if view in run.views:
                stack = run.views[view][:count]
                lines = _fit([(run.row.name, run.row, run.note, stack)], (len(stack),), share)
                grids.append(Grid(title, _noise_caption(run, view), lines))
    return grids


def _noise_caption(run: ShownRun, view: str) -> str:
    stack, name = run.views[view], run.row.name
    if view == "output":
        gap = formatting.number(encoding.spread(stack))
        return f"{name} draws from noise; its pictures differ by {gap} grey levels on average."
    steps = [encoding.mean_difference(a, b) for a, b in itertools.pairwise(stack)]
    mean = sum(steps) / max(1, len(steps))
    if not mean:
        return f"{name}: every stop of the walk is the same picture."
    return (
        f"{name}, {len(stack)} stops on the arc between two latents; "
        f"its largest step is {max(steps) / mean:.1f} times the mean step."
    )


@dataclass(frozen=True)
class PixelDifferences:
    """How far pictures move, in grey levels; None where a view is not there."""

    row: Row
    changed: float | None
    returned: float | None
    painting_returned: float | None
    identity: float | None


def pixel_differences(runs: Sequence[ShownRun]) -> list[PixelDifferences]:
    """For every translator the four distances that the grids below show."""
    pairs = (("input", "output"), ("input", "back"), ("target", "reverse_back"),
             ("target", "identity"))  # fmt: skip
    found = [
        PixelDifferences(run.row, *(_difference(run, first, second) for first, second in pairs))
        for run in runs
        if run.record.source == "pictures"
    ]
    return [one for one in found if one.returned is not None or one.identity is not None]


def _difference(run: ShownRun, first: str, second: str) -> float | None:
    a, b = run.views.get(first), run.views.get(second)
    return None if a is None or b is None or a.shape != b.shape else encoding.mean_difference(a, b)


Round = tuple[str, str, tuple[tuple[str, str], ...], str, str]  # see ROUNDS
ROUNDS: tuple[Round, ...] = (
    ("Photograph → painting → photograph again", "photograph",
     (("output", "painting"), ("back", "photograph again")), "input", "back"),
    ("Painting → photograph → painting again", "painting",
     (("reverse", "photograph"), ("reverse_back", "painting again")), "target", "reverse_back"),
    ("What a model does to a real painting", "painting",
     (("identity", "left alone?"),), "target", "identity"),
)  # fmt: skip


def round_trips(runs: Sequence[ShownRun]) -> list[Grid]:
    """There and back in both directions, and a real painting through the painter."""
    grids = [_round(runs, kind) for kind in ROUNDS]
    return [grid for grid in grids if grid is not None]


def _round(runs: Sequence[ShownRun], kind: Round) -> Grid | None:
    title, start, steps, first, last = kind
    able = [run for run in runs if last in run.views]
    stacks: list[Stack] = []
    if able and first in able[0].views:
        stacks.append((start, None, "", able[0].views[first]))
    for run in able:
        stacks += [
            (f"{run.row.name}: {said}", run.row, run.note, run.views[view])
            for view, said in steps
            if view in run.views
        ]
        if _difference(run, first, last) is not None and last != "identity":
            gap = encoding.amplified_difference(run.views[first], run.views[last], AMPLIFIED)
            stacks.append((f"{run.row.name}: difference", run.row, f"× {AMPLIFIED}", gap))
    if not able:
        return None
    lines = _fit(stacks, (6, 4), BYTES["back"] // len(ROUNDS))
    return Grid(title, _round_caption(able, first, last), lines)


def _round_caption(able: list[ShownRun], first: str, last: str) -> str:
    found = [
        (run.row.name, gap) for run in able if (gap := _difference(run, first, last)) is not None
    ]
    if not found:
        return "What the models started from is not shown."
    said = [
        f"{name} {formatting.number(gap)}" for name, gap in sorted(found, key=lambda item: item[1])
    ]
    what = "Change of a real painting" if last == "identity" else "Difference after the round trip"
    return f"{what}, in grey levels of 255: {formatting.listed(said)}."


def other_views(runs: Sequence[ShownRun]) -> list[Grid]:
    """Whatever else a model chose to show, under the name it gave."""
    grids = []
    for run in runs:
        for name in sorted(run.views.keys() - KNOWN):
            stack = run.views[name][:8]
            lines = _fit([(run.row.name, run.row, run.note, stack)], (len(stack),), 60_000)
            said = sanitize.name(name)
            title, about = TITLED.get(name, (said, f"{{}} shows “{said}”."))
            grids.append(Grid(title, about.replace("{}", run.row.name), lines))
    return grids[:MOST_OWN]


def data_grid(results: Results, reader: encoding.Reader) -> Grid | None:
    """Twelve pictures of each side of the data."""
    files = (results.suite.get("data") or {}).get("gallery") or {}
    folder = results.folder / str(results.suite.get("name", ""))
    folder = results.runs[0][0].parent if results.runs else folder
    stacks: list[Stack] = []
    for side, said in (("source", "photographs"), ("target", "paintings")):
        stack = reader.of_suite(folder, files[side]) if files.get(side) else None
        if stack is not None:
            stacks.append((said, None, "", stack[:12]))
    if not stacks:
        return None
    lines = _fit(stacks, (12, 8, 6), BYTES["data"])
    return Grid("The data", "Chosen by hash, as the models see them.", lines)
