"""Under which conditions two frameworks were compared, and what in them was not the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganbench.record import Record
from ganbench.report import formatting
from ganbench.report.analysis import machines
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.analysis.costs import mean_cost, parameters
from ganbench.report.frameworks import pairs
from ganbench.report.frameworks.pairs import FIRST, SECOND, PairedModel

PACKAGES = ("torch", "tensorflow")  # in the order of the frameworks
SHARE = {"True": "all", "False": "none"}  # of a framework's runs; some where both are found
KERNELS = {"all": "with {}", "some": "with {} in some runs", "none": "without {}"}

Read = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Fact:
    """Something in the environment that should be the same in both frameworks."""

    read: Read
    same: Callable[[str], str]  # the value of both -> words after "both"
    different: Callable[[str, str], str]  # the values of both -> a sentence


def start(found: list[PairedModel]) -> str:
    """What both frameworks began with; of plugins only the pictures are known to be the same."""
    plugins = [paired.label for paired in found if not paired.built_in]
    if len(plugins) == len(found):
        return "Both frameworks saw the same pictures in the same order."
    said = (
        "The same networks in two frameworks, from the same initial weights and on the same stream "
        "of pictures"
    )
    if not plugins:
        return f"{said}."
    return (
        f"{said}; of {formatting.listed(plugins)} only the pictures and their order are the same."
    )


def _unequal(title: str) -> Callable[[str, str], str]:
    return lambda first, second: (
        f"The {title} was not the same: {first} in {FIRST}, {second} in {SECOND}."
    )


def _precision(env: dict[str, Any]) -> str | None:
    """Precision in words of both frameworks: no network here has products but convolutions."""
    told = env.get("precision")
    return None if told is None else str(told).replace("convolutions and products", "convolutions")


def _share(value: str) -> str:
    return SHARE.get(value, "some")


def _kernels_differ(first: str, second: str) -> str:
    return (
        f"Reproducible kernels ran in {_share(first)} of {FIRST}'s runs and in {_share(second)} of "
        f"{SECOND}'s."
    )


FACTS = (
    Fact(
        lambda env: env.get("gpu") or env.get("cpu"),
        lambda value: f"on {value}",
        _unequal("machine"),
    ),
    Fact(
        lambda env: env.get("threads"),
        lambda value: f"with {value} thread{'' if value == '1' else 's'}",
        _unequal("number of threads"),
    ),
    Fact(_precision, lambda value: f"in {value}", _unequal("precision")),
    Fact(
        lambda env: env.get("deterministic"),
        lambda value: KERNELS[_share(value)].format("reproducible kernels"),
        _kernels_differ,
    ),
)


def shared(found: list[PairedModel]) -> str:
    """Versions, and all of machine, threads, precision and kernels that both had alike."""
    sides = [_facts(found, side) for side in (0, 1)]
    names = [
        f"{title} {version}".strip()
        for title, version in zip((FIRST, SECOND), map(_version, sides, PACKAGES), strict=True)
    ]
    shared = [
        fact.same(" or ".join(values))
        for fact in FACTS
        if (values := _values(sides[0], fact.read)) and values == _values(sides[1], fact.read)
    ]
    if not shared:
        return f"{formatting.listed(names)}."
    return f"{formatting.listed(names)}, both {', '.join(shared)}."


def _facts(found: list[PairedModel], side: int) -> list[dict[str, Any]]:
    return [record.environment for paired in found for record in paired.rows[side].finished]


def _values(facts: list[dict[str, Any]], read: Read) -> list[str]:
    return sorted({str(value) for env in facts if (value := read(env)) is not None})


def _version(facts: list[dict[str, Any]], package: str) -> str:
    """Version of a framework; suites of the early days wrote it beside the packages."""
    return " or ".join(_values(facts, lambda env: _packages(env).get(package)))


def _packages(env: dict[str, Any]) -> dict[str, Any]:
    packages = env.get("packages")
    return packages if isinstance(packages, dict) else {}


def problems(found: list[PairedModel]) -> list[str]:
    """What makes the comparison one of more than frameworks, a sentence each."""
    sides = [_facts(found, side) for side in (0, 1)]
    said = []
    for fact in FACTS:
        first, second = (" or ".join(_values(side, fact.read)) for side in sides)
        if first and second and first != second:
            what = fact.different(first, second)
            said.append(f"{what} What follows compares that as well as the frameworks.")
    said += [sentence for paired in found if (sentence := _sizes(paired))]
    return said + [sentence for paired in found if (sentence := _settings(paired))]


def _sizes(paired: PairedModel) -> str:
    first, second = map(parameters, paired.rows)
    if first is None or second is None or first == second:
        return ""
    return (
        f"{paired.label} has {first:,} parameters in {FIRST} and {second:,} in {SECOND}: "
        "these are not the same networks."
    )


def _settings(paired: PairedModel) -> str:
    """Settings that both frameworks have and that were not set alike."""
    first, second = (row.finished[0].settings for row in paired.rows)
    said = [
        f"{name} {first[name]} in {FIRST} and {second[name]} in {SECOND}"
        for name in first
        if name in second and first[name] != second[name]
    ]
    return f"{paired.label} was not set alike: {formatting.listed(said)}." if said else ""


def notes(comparison: Comparison, found: list[PairedModel]) -> list[str]:
    """What could not be paired, a sentence each."""
    said = [
        f"{label} is not here: no run of it finished in {title}."
        for label, title in pairs.finished_in_one(comparison)
    ]
    said += [
        f"{label} is not here: it is another model in {FIRST} than in {SECOND}."
        for label in pairs.different_models(comparison)
    ]
    for paired in found:
        said += [*_seeds(paired), *_losses(paired)]
    return said


def _seeds(paired: PairedModel) -> list[str]:
    first, second = paired.finished
    if not first & second:
        return [f"{paired.label}: no seed finished in both frameworks, so nothing can be paired."]
    return [
        f"{paired.label}: seed {formatting.listed(list(map(str, alone)))} finished in {title} only "
        "and enters no ratio and no difference."
        for title, alone in _in_one_only(first, second)
    ]


def _losses(paired: PairedModel) -> list[str]:
    """Losses that one framework has and the other has not."""
    first, second = map(_names, paired.rows)
    return [
        f"{paired.label}: {formatting.listed(alone)} is among the first losses of {title} only."
        for title, alone in _in_one_only(first, second)
        if first and second
    ]


def _in_one_only(first: set[Any], second: set[Any]) -> list[tuple[str, list[Any]]]:
    both = ((FIRST, first - second), (SECOND, second - first))
    return [(title, sorted(alone)) for title, alone in both if alone]


def _names(row: Row) -> set[str]:
    return {name for record in row.records for name in pairs.first_losses(record)}


def memory_kinds(paired: PairedModel) -> list[str]:
    """What was measured as peak memory: of the process, of the GPU, or both."""
    found = [record.cost.memory_kind for row in paired.rows for record in row.finished]
    return list(dict.fromkeys(filter(None, found)))


def steps(found: list[PairedModel]) -> str:
    """Whether the budget gave both frameworks the same number of steps."""
    counts = [(t.label, _mean_steps(t.pytorch), _mean_steps(t.tensorflow)) for t in found]
    said = [
        f"{label} {formatting.count(first)} in {FIRST} and {formatting.count(second)} in {SECOND}"
        for label, first, second in counts
        if first != second
    ]
    budgets = sorted({record.budget for paired in found for record in paired.pytorch.finished})
    if not said:
        return "Both frameworks took the same number of steps, so that speed moves no metric."
    told = f"Steps: {'; '.join(said)}."
    if not any(map(machines.in_seconds, budgets)):
        return told
    return (
        f"The budget of a run is time ({' or '.join(budgets)}): the faster framework takes more "
        f"steps in it, and these numbers differ for that reason too. {told}"
    )


def _mean_steps(row: Row) -> float | None:
    def taken(record: Record) -> float | None:
        return record.used.steps

    return mean_cost(row, taken)
