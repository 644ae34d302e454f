"""Which models can be told apart: every pair, by paired t tests of the primary metric.

The more pairs, the more of them seem apart by chance. Holm (1979) corrects for that: the smallest
of n p-values has to reach 5 % / n, the next one 5 % / (n - 1), and so on until one does not.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganbench.report import formatting
from ganbench.report.analysis import intervals
from ganbench.report.analysis.comparison import Comparison, Row, direction
from ganbench.report.analysis.intervals import Interval

NAMED = 3  # pairs that a sentence names
MOST_PAIRS = 300  # in a table
MOST_SETS = 52  # letters beyond which a display of letters says nothing any more


@dataclass(frozen=True)
class Pair:
    """Two models, the better first on average, and the interval of second - first over seeds.

    The difference counts towards better: positive says that the first one is better. The interval
    stands for itself; `apart` is Holm's word over all `among` pairs that have one.
    """

    first: Row
    second: Row
    gain: Interval | None
    apart: bool = False
    among: int = 1

    @property
    def difference(self) -> str:
        return formatting.MISSING if self.gain is None else formatting.number(self.gain.mean)

    @property
    def interval(self) -> str:
        if self.gain is None or self.gain.half_width is None:
            return formatting.MISSING
        return formatting.between(self.gain.low, self.gain.high)

    @property
    def verdict(self) -> str:
        if self.gain is None:
            return "no seed in common"
        return verdict(self.gain, self.apart, f"{self.among} pairs")


def verdict(difference: Interval, apart: bool, among: str) -> str:
    """What a paired difference says; `apart` is Holm's word over all `among`."""
    if difference.half_width is None:
        return "one seed: no interval"
    if apart:
        return "told apart"
    alone = f" among {among}" if difference.excludes_zero else ""
    return f"cannot be told apart{alone}"


def pairs(comparison: Comparison) -> list[Pair]:
    """Every two scored models, best first."""
    primary = comparison.primary
    if primary is None:
        return []
    sign, metric = direction(comparison, primary.metric), primary.metric
    found = []
    for first, second in itertools.combinations(comparison.scored(metric), 2):
        worse, better = second.values(metric), first.values(metric)
        gain = intervals.paired(worse, better) if sign > 0 else intervals.paired(better, worse)
        found.append(Pair(first, second, gain))
    return _judged(found)


def _judged(found: list[Pair]) -> list[Pair]:
    """The pairs with Holm's word on each that has an interval."""
    p_values = {
        place: intervals.p_value(pair.gain)
        for place, pair in enumerate(found)
        if pair.gain is not None and pair.gain.half_width is not None
    }
    told = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    return [
        replace(pair, apart=told.get(place, False), among=len(told))
        for place, pair in enumerate(found)
    ]


def holm(p_values: Sequence[float], level: float = 1 - intervals.CONFIDENCE) -> list[bool]:
    """Which hypotheses Holm's step-down rejects, at most `level` chance of any false rejection."""
    rejected = [False] * len(p_values)
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > level / (len(p_values) - rank):
            break
        rejected[place] = True
    return rejected


def finding(found: list[Pair]) -> str:
    """What all pairs together say, in a sentence."""
    if not found:
        return ""
    unsure = [pair for pair in found if pair.gain is None or pair.gain.half_width is None]
    equal = [pair for pair in found if not pair.apart and pair.interval != formatting.MISSING]
    if not unsure and not equal:
        what = "frameworks" if found[0].first.label == found[0].second.label else "models"
        both = f"The two {what} are" if len(found) == 1 else f"All {len(found)} pairs are"
        return f"{both} told apart."
    apart = len(found) - len(unsure) - len(equal)
    said = [f"{apart} of {formatting.plural(len(found), 'pair')} told apart"]
    said += [f"cannot be told apart: {_named(equal)}"] if equal else []
    said += [f"too few seeds to say: {_named(unsure)}"] if unsure else []
    return "; ".join(said) + "."


def _named(found: list[Pair]) -> str:
    names = [f"{pair.first.name} and {pair.second.name}" for pair in found[:NAMED]]
    more = len(found) - NAMED
    return ", ".join(names + ([formatting.plural(more, "more pair")] if more > 0 else []))


def letters(found: list[Pair]) -> list[tuple[Row, str]]:
    """Every model with its letters, best first: two that share one cannot be told apart.

    The compact letter display of Piepho (2004): a letter for each largest set of models of which
    no two are told apart. Empty where that takes too many letters to read.
    """
    rows = {row.place: row for pair in found for row in (pair.first, pair.second)}
    alike: dict[int, set[int]] = {place: set() for place in rows}
    for pair in found:
        if not pair.apart:
            alike[pair.first.place].add(pair.second.place)
            alike[pair.second.place].add(pair.first.place)
    order = {place: index for index, place in enumerate(rows)}
    found_sets = _cliques(alike)
    if found_sets is None:
        return []
    sets = sorted(found_sets, key=lambda group: sorted(order[place] for place in group))
    return [
        (row, " ".join(_letter(i) for i, group in enumerate(sets) if row.place in group))
        for row in rows.values()
    ]


def _cliques(alike: dict[int, set[int]]) -> list[set[int]] | None:
    """Largest sets whose members are all alike (Bron and Kerbosch 1973, with a pivot).

    There may be exponentially many: None beyond MOST_SETS.
    """
    done: list[set[int]] = []

    def extend(chosen: set[int], open_: set[int], seen: set[int]) -> None:
        if len(done) > MOST_SETS:
            return
        if not open_ and not seen:
            done.append(chosen)
            return
        pivot = max(sorted(open_ | seen), key=lambda place: len(alike[place] & open_))
        for place in sorted(open_ - alike[pivot]):
            extend(chosen | {place}, open_ & alike[place], seen & alike[place])
            open_, seen = open_ - {place}, seen | {place}

    extend(set(), set(alike), set())
    return done if len(done) <= MOST_SETS else None


def _letter(index: int) -> str:
    """a to z, then a2 to z2."""
    again, place = divmod(index, 26)
    return chr(ord("a") + place) + (str(again + 1) if again else "")
