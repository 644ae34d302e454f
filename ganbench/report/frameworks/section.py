"""PyTorch against TensorFlow: is it the same model in both, and which one is faster and leaner?

There only where a model finished in both frameworks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison
from ganbench.report.analysis.costs import COMPILE, MEMORY, SPEED, START, mean_cost
from ganbench.report.figures.axes import Figure
from ganbench.report.frameworks import conditions, metric_differences, pairs, speed_figure
from ganbench.report.frameworks.metric_differences import Line
from ganbench.report.frameworks.pairs import FIRST, SECOND, LossDifference, PairedModel, Ratio, What

ROUNDING = 1e-5  # one step of the same fp32 arithmetic in another order stays below
NAMED = 4  # models in one sentence
COSTS: dict[str, tuple[What, Callable[[float | None], str]]] = {
    "speed": (SPEED, formatting.number),
    "memory": (MEMORY, formatting.memory),
    "start": (START, formatting.duration),
    "compile": (COMPILE, formatting.duration),
}
MEMORY_IS = {
    "process": "Peak memory is that of the whole process, the imports of the framework included.",
    "GPU": "Peak memory is that of the tensors on the GPU, as each framework counts its own.",
}


@dataclass(frozen=True)
class Cost:
    """One cost of a model in both frameworks, as text."""

    sides: tuple[str, ...]
    ratio: str
    notes: tuple[str, ...]  # interval of the ratio and number of seeds, or why there is none


@dataclass(frozen=True)
class Model:
    """What the tables say of one model."""

    paired: PairedModel
    costs: dict[str, Cost]
    losses: tuple[str, ...]  # of step 1: the largest difference, where, over how many; or why none
    metrics: list[Line]


@dataclass(frozen=True)
class Section:
    """The finding on top, the conditions under which it holds, the figure and the tables."""

    finding: str
    start: str  # what was the same at the beginning
    conditions: str
    problems: list[str]
    notes: list[str]
    steps: str  # whether the budget gave both the same number of steps
    memory: str  # what peak memory is of
    figure: Figure | None
    models: list[Model]

    @property
    def tested(self) -> bool:
        """Whether any difference has several seeds, and so an interval and a verdict."""
        lines = (line for model in self.models for line in model.metrics)
        return any(line.pair is not None and line.pair.test.has_interval for line in lines)


def section(comparison: Comparison) -> Section | None:
    """All models with a finished run in both frameworks; None without any."""
    found = pairs.found(comparison)
    if not found:
        return None
    lines, speeds = metric_differences.lines(comparison, found), pairs.speeds(found)
    measured = dict.fromkeys(kind for paired in found for kind in conditions.memory_kinds(paired))
    return Section(
        finding=" ".join(
            filter(None, (_speeds(found, speeds), _primary(comparison.primary, lines)))
        ),
        start=conditions.start(found),
        conditions=conditions.shared(found),
        problems=conditions.problems(found),
        notes=conditions.notes(comparison, found),
        steps=conditions.steps(found),
        memory=" ".join(MEMORY_IS[kind] for kind in measured if kind in MEMORY_IS),
        figure=speed_figure.draw(speeds),
        models=[
            Model(
                paired,
                _costs(paired),
                _first_losses(paired),
                [x for x in lines if x.paired is paired],
            )
            for paired in found
        ],
    )


def _costs(paired: PairedModel) -> dict[str, Cost]:
    """Every cost in both frameworks; no ratio of the memory of a process to that of a GPU."""
    made = {name: _cost(paired, *how) for name, how in COSTS.items()}
    if len(measured := conditions.memory_kinds(paired)) > 1:
        why = (f"{formatting.listed(measured)}:", "no ratio")
        made["memory"] = Cost(made["memory"].sides, formatting.MISSING, why)
    return made


def _cost(paired: PairedModel, what: What, said: Callable[[float | None], str]) -> Cost:
    found = pairs.ratio(paired, what)
    sides = tuple(said(mean_cost(row, what)) for row in paired.rows)
    if found is None:
        why = ("other machines:", "no ratio") if pairs.parted(paired, what) else ()
        return Cost(sides, formatting.MISSING, why)
    notes = (found.interval, formatting.plural(found.logs.count, "seed"))
    return Cost(sides, pairs.times(found.logs.mean), tuple(filter(None, notes)))


def _first_losses(paired: PairedModel) -> tuple[str, ...]:
    found = pairs.loss_difference(paired)
    if found is None:
        return formatting.MISSING, _why_not(paired)
    of = f"{formatting.count(found.losses)} loss{'' if found.losses == 1 else 'es'}"
    where = f"{found.loss}, seed {found.seed}" if found.largest else "equal"
    return scientific(found.largest), where, f"{of}, {formatting.plural(found.seeds, 'seed')}"


def _why_not(paired: PairedModel) -> str:
    lacking = [
        title
        for title, row in zip((FIRST, SECOND), paired.rows, strict=True)
        if not any(pairs.first_losses(record) for record in row.records)
    ]
    return (
        f"not recorded in {formatting.listed(lacking)}" if lacking else "no loss and seed in both"
    )


def scientific(value: float) -> str:
    """A small number with two digits: 1.6e-7; from a thousandth on as other numbers are."""
    if value >= 1e-3 or not value:
        return formatting.number(value)
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits}e-{power.lstrip('-0')}"


def _speeds(found: list[PairedModel], speeds: list[Ratio]) -> str:
    """Who trained faster, and whether both started as the same model."""
    if not speeds:
        names = formatting.listed([paired.label for paired in found[:NAMED]])
        kind = " on one kind of machine" if any(map(_is_parted, found)) else ""
        return f"No seed with a speed finished in both frameworks{kind} ({names}){_losses(found)}."
    said = [
        f"{ratio.paired.label} {pairs.times(ratio.logs.mean)} times as fast"
        f"{'' if place else f' as {FIRST}'} ({_uncertainty(ratio)})"
        for place, ratio in enumerate(speeds[:NAMED])
    ]
    said += [f"{len(speeds) - NAMED} more (below)"] if len(speeds) > NAMED else []
    return f"{SECOND} trained {formatting.listed(said)}{_losses(found)}."


def _is_parted(paired: PairedModel) -> bool:
    return pairs.parted(paired, SPEED)


def _uncertainty(ratio: Ratio) -> str:
    test = ratio.test
    if not test.has_interval:
        return "one seed: no spread"
    among = f" among {test.family} models" if test.significant_alone else ""
    open_ = "" if test.told_apart else f"; not settled which is faster{among}"
    return f"{ratio.interval[1:-1]} over {formatting.plural(ratio.logs.count, 'seed')}{open_}"


def _losses(found: list[PairedModel]) -> str:
    """The largest deviation of first-step losses over all models, as the end of a sentence.

    Models whose settings or precision explain theirs are told apart from the rest.
    """
    known = [(paired, item) for paired in found if (item := pairs.loss_difference(paired))]
    if not known:
        return "; whether the losses of the first step agree is not recorded"
    where = "" if len(known) == len(found) else ", where both recorded them,"
    expected = [(t, x) for t, x in known if x.largest > ROUNDING and pairs.reasons(t)]
    rest = [item for item in known if item not in expected]
    said = [_worst(items) for items in (expected, rest) if items]
    return f"; the losses of the first step{where} {', and elsewhere '.join(said)}"


def _worst(items: list[tuple[PairedModel, LossDifference]]) -> str:
    paired, worst = max(items, key=lambda item: item[1].largest)
    if not worst.largest:
        return "are equal"
    if worst.largest <= ROUNDING:
        return f"agree to {scientific(worst.largest)}"
    why = pairs.reasons(paired)
    because = f"which {formatting.listed(why)} explain{'s' if len(why) == 1 else ''}"
    return (
        f"differ by up to {scientific(worst.largest)} ({paired.label}, {worst.loss}), "
        f"{because if why else 'more than rounding explains'}"
    )


def _primary(primary: Score | None, lines: list[Line]) -> str:
    """Whether the metric that decides tells the frameworks apart, model by model."""
    head = formatting.heading(primary) if primary else ""
    mine = [line for line in lines if line.measure.head == head]
    told = [
        f"{line.paired.label}{f' ({line.better})' if line.better else ''}"
        for line in mine
        if line.told_apart
    ]
    tested = [line for line in mine if line.pair and line.pair.test.has_interval]
    equal = [line.paired.label for line in tested if not line.told_apart]
    open_ = [line.paired.label for line in mine if line not in tested]
    said = [f"tells the frameworks apart for {formatting.listed(told)}"] if told else []
    said += [f"cannot tell the frameworks apart for {formatting.listed(equal)}"] if equal else []
    said += [f"has too few seeds to say for {formatting.listed(open_)}"] if open_ else []
    return (
        formatting.sentence(f"{primary.name} {formatting.listed(said)}") if primary and said else ""
    )
