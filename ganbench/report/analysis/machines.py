"""On which machines the runs of a table were: speeds compare only on machines of one kind.

A kind is what the records tell: GPU, processor, cores, how many ranks of a run were on them if not
one, and threads where a number of them was asked for (a number that a run found out by itself is a
part of how fast the model is there). What some record does not tell, as older ones do not, parts no
kinds.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from ganbench import budget
from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison, Row

MOST_NAMED = 4  # kinds in one sentence
FACTS = ("{}", "{}", "cores: {}", "threads: {}")  # of the device, its processor and so on
Facts = tuple[str | None, ...]


@dataclass(frozen=True)
class Machines:
    """The kinds of machines in a table, in the order of its rows; they are called 1, 2, ..."""

    kinds: tuple[Facts, ...]
    told: tuple[int, ...]  # which facts every run tells

    @property
    def several(self) -> bool:
        return len(self.kinds) > 1

    def number(self, run: Record) -> int:
        """What the machine of a run is called."""
        return self.kinds.index(_some(_facts(run), self.told)) + 1

    def parts(self, row: Row) -> dict[int, Row]:
        """A row's runs by machine: those that ended well, if any did."""
        timed = [(place, run) for place, run in row.runs if _is_timed(run)]
        done = [(place, run) for place, run in timed if run.status.name == "done"] or timed
        numbers = sorted({self.number(run) for _, run in done})
        return {
            number: replace(row, runs=tuple(x for x in done if self.number(x[1]) == number))
            for number in numbers
        }

    def names(self) -> list[str]:
        """Every kind in words, with its number."""
        return [f"{place}: {_words(kind, self.told)}" for place, kind in enumerate(self.kinds, 1)]


@lru_cache(maxsize=64)
def machines(comparison: Comparison) -> Machines:
    """The machines of all runs that were timed and are compared."""
    runs = [run for row in comparison.rows if not row.imported
            for run in row.records if _is_timed(run)]  # fmt: skip
    facts = [_facts(run) for run in runs]
    told = tuple(
        place for place in range(len(FACTS)) if all(fact[place] is not None for fact in facts)
    )
    return Machines(tuple(dict.fromkeys(_some(fact, told) for fact in facts)), told)


def same(first: Record, second: Record) -> bool:
    """Were two runs on machines of one kind, as far as both tell?"""
    both = zip(_facts(first), _facts(second), strict=True)
    return all(one == other for one, other in both if one is not None and other is not None)


def sentence(comparison: Comparison) -> str:
    """What to keep in mind where a table is of several machines; empty where it is of one."""
    found = machines(comparison)
    if not found.several:
        return ""
    named = formatting.some([formatting.shortened(name) for name in found.names()], MOST_NAMED)
    said = (
        f"These runs come from machines of {formatting.spelled(len(found.kinds))} kinds ({named}):"
        " training times, speeds, energy and money are not compared across them; scores may be"
    )
    if any(in_seconds(run.budget) for row in comparison.rows for run in row.records):
        said += ", but a budget in seconds is more steps on a faster machine"
    return f"{said}."


def in_seconds(text: str) -> bool:
    try:
        return budget.parse(text).unit == "seconds"
    except InputError:
        return False


def _is_timed(run: Record) -> bool:
    """Has its training begun? The record of a run that crashed before knows no GPU."""
    return run.cost.pictures_per_second is not None


def _facts(run: Record) -> Facts:
    """One for each of `FACTS`."""
    told = run.environment
    device, cpu = told.get("gpu") or told.get("cpu"), told.get("cpu")
    if device is not None and told.get("ranks"):
        device = f"{told['ranks']} ranks on {device}"
    values = (device, cpu, told.get("cores"), told.get("threads_asked"))
    return tuple(None if value is None else str(value) for value in values)


def _some(facts: Facts, told: tuple[int, ...]) -> Facts:
    return tuple(facts[place] for place in told)


def _words(kind: Facts, told: tuple[int, ...]) -> str:
    said = [FACTS[place].format(value) for place, value in zip(told, kind, strict=True)]
    return ", ".join(dict.fromkeys(said))
