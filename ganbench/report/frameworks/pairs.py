"""One model in two frameworks: what its runs from the same seed say of each other.

Both see the same stream of pictures, and the built-in ones start from the same weights, so
everything is paired by seed. Ratios are TensorFlow's to PyTorch's; their mean is geometric, because
twice as fast and half as fast have to cancel.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ganbench.record import Record
from ganbench.report import formatting
from ganbench.report.analysis import intervals, machines, pairwise_tests
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.analysis.costs import COMPILE, SPEED, START
from ganbench.report.analysis.intervals import Interval
from ganbench.report.analysis.pairwise_tests import PairedTest

TITLES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}  # a ratio is the second's to the first
FIRST, SECOND = TITLES.values()
# Only of these is it known that both frameworks start from the same weights: a plugin draws its
# own. They are written out because a report knows records and no models.
BUILT_IN = ("dcgan", "cyclegan-unet", "cyclegan-resnet")
BOUND = 1000  # a ratio beyond this, or its inverse, is not printed in digits

OF_A_MACHINE = (SPEED, START, COMPILE)
What = Callable[[Record], float | None]


@dataclass(frozen=True)
class PairedModel:
    """A model with a finished run in both frameworks."""

    label: str
    pytorch: Row
    tensorflow: Row

    @property
    def rows(self) -> tuple[Row, Row]:
        return self.pytorch, self.tensorflow

    @property
    def records(self) -> tuple[Record, ...]:
        return self.pytorch.records + self.tensorflow.records

    @property
    def built_in(self) -> bool:
        return all(record.model in BUILT_IN for record in self.records)

    @property
    def finished(self) -> tuple[set[int], set[int]]:
        """Seeds that ended well in PyTorch, and in TensorFlow."""
        first, second = ({record.seed for record in row.finished} for row in self.rows)
        return first, second


@dataclass(frozen=True)
class Ratio:
    """TensorFlow / PyTorch of one cost: by seed, and the interval of the natural logarithms."""

    paired: PairedModel
    by_seed: dict[int, float]
    logs: Interval
    test: PairedTest  # of the logarithms; the family of speeds is that of all models here

    @property
    def interval(self) -> str:
        """The interval in brackets; nothing from one seed."""
        if self.logs.half_width is None:
            return ""
        return f"({times(self.logs.low)} to {times(self.logs.high)})"


@dataclass(frozen=True)
class LossDifference:
    """The largest relative difference |a - b| / max(|a|, |b|) of two first-step losses."""

    largest: float
    loss: str
    seed: int
    losses: int  # different losses that were compared
    seeds: int


def found(comparison: Comparison) -> list[PairedModel]:
    """Every model with a finished run in both frameworks, in the order of the table."""
    pairs = _by_model(comparison).items()
    return [
        PairedModel(label, *(rows[framework] for framework in TITLES))
        for (_, label), rows in pairs
        if all(framework in rows and rows[framework].finished for framework in TITLES)
    ]


def finished_in_one(comparison: Comparison) -> list[tuple[str, str]]:
    """Models that were started in both frameworks and finished in one: label, and the other."""
    return [
        (label, TITLES[framework])
        for (_, label), rows in _by_model(comparison).items()
        for framework in TITLES
        if all(other in rows and rows[other].records for other in TITLES)
        and not rows[framework].finished
    ]


def different_models(comparison: Comparison) -> list[str]:
    """Labels under which the frameworks ran different models: these are no pairs."""
    labels = [label for model, label in _by_model(comparison) if model]
    return [label for label in dict.fromkeys(labels) if labels.count(label) > 1]


def _by_model(comparison: Comparison) -> dict[tuple[str, str], dict[str, Row]]:
    """Rows by framework of each model and label; a label alone may be given to two models."""
    groups: dict[tuple[str, str], dict[str, Row]] = {}
    for row in comparison.rows:
        model = row.records[0].model if row.records else ""
        groups.setdefault((model, row.label), {})[row.framework] = row
    return groups


def ratio(paired: PairedModel, what: What) -> Ratio | None:
    """TensorFlow / PyTorch of a cost over the seeds that finished in both; None without any.

    Of what depends on the machine, over those that were on machines of one kind.
    """
    first, second = (_logs(row, what) for row in paired.rows)
    if what in OF_A_MACHINE:
        second = {seed: log for seed, log in second.items() if seed not in _parted(paired)}
    logs = intervals.paired(second, first)
    if logs is None:
        return None
    seeds = sorted(first.keys() & second.keys())
    return Ratio(
        paired,
        {seed: math.exp(second[seed] - first[seed]) for seed in seeds},
        logs,
        PairedTest(logs),
    )


def _parted(paired: PairedModel) -> set[int]:
    """Seeds whose two runs were on machines of different kinds."""
    first, second = ({run.seed: run for run in row.finished} for row in paired.rows)
    both = first.keys() & second.keys()
    return {seed for seed in both if not machines.same(first[seed], second[seed])}


def parted(paired: PairedModel, what: What) -> bool:
    """Is there a seed without a ratio of a cost because of its machines?"""
    return what in OF_A_MACHINE and bool(_parted(paired))


def speeds(found: list[PairedModel]) -> list[Ratio]:
    """The ratio of pictures a second of every model that has one, and whether one is faster."""
    known = [speed for paired in found if (speed := ratio(paired, SPEED))]
    tests = pairwise_tests.family([speed.logs for speed in known])
    return [replace(speed, test=test) for speed, test in zip(known, tests, strict=True)]


def _logs(row: Row, what: What) -> dict[int, float]:
    """Logarithm of a cost by finished seed; only positive numbers have one."""
    known = {record.seed: what(record) for record in row.finished}
    return {
        seed: math.log(value)
        for seed, value in known.items()
        if value is not None and 0 < value < math.inf
    }


def times(log: float) -> str:
    """exp(`log`) with two decimals below 10, and a bound in place of what no run can mean."""
    if abs(log) > math.log(BOUND):
        return f"over {BOUND:,}" if log > 0 else f"under {1 / BOUND}"
    value = math.exp(log)
    return formatting.number(value, max(value, 1) if value >= 0.1 else value)


def loss_difference(paired: PairedModel) -> LossDifference | None:
    """How far the losses of step 1 lie apart, whatever became of the runs later."""
    sides = [{record.seed: first_losses(record) for record in row.records} for row in paired.rows]
    differences = [
        (relative(losses[name], sides[1][seed][name]), name, seed)
        for seed, losses in sides[0].items()
        for name in losses
        if name in sides[1].get(seed, {})
    ]
    if not differences:
        return None
    largest, loss, seed = max(differences, key=lambda item: item[0])
    names, seeds = ({item[place] for item in differences} for place in (1, 2))
    return LossDifference(largest, loss, seed, len(names), len(seeds))


def reasons(paired: PairedModel) -> list[str]:
    """What lets first losses of one model lie farther apart than rounding in fp32 does."""
    masks = ["dropout (each framework draws its own masks)"]
    coarse = {name for record in paired.records if (name := _coarse(record))}
    return masks * any(map(_drops, paired.records)) + sorted(coarse)


def _drops(record: Record) -> bool:
    return any(
        isinstance(value, int | float) and value > 0
        for name, value in record.settings.items()
        if "dropout" in name and name != "dropout_layers"
    )


def _coarse(record: Record) -> str:
    """The precision of a run where it is not plain fp32; nothing where it was not recorded."""
    told = str(record.environment.get("precision") or "fp32")
    if record.settings.get("precision") == "bf16":
        return "bf16"
    short = next((name for name in ("bf16", "TF32") if name in told), told)
    return "" if told == "fp32" else short


def first_losses(record: Record) -> dict[str, float]:
    """Losses of step 1 that are numbers."""
    return {name: value for name, value in record.first_losses.items() if math.isfinite(value)}


def relative(first: float, second: float) -> float:
    """|a - b| / max(|a|, |b|), 0 for two zeros."""
    size = max(abs(first), abs(second))
    return abs(first - second) / size if size else 0.0
