"""Do the distances agree? Ranks by every extractor and by FWD, which looks through none.

One network can be fooled. Kendall's tau counts, of all pairs of models, those that two distances
put in the same order less those in opposite order: 1 is full agreement, -1 the reverse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from scipy import stats

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import pairwise_tests, style_gap
from ganbench.report.analysis.comparison import LISTED, Comparison, Row, is_ranked

WITHOUT_NETWORK = "fwd"
MOST_SAID = 3  # pairs of models in opposite order that one sentence names


@dataclass(frozen=True)
class Opinion:
    """One distance's order of the models, best first, and its agreement with the leading one."""

    score: Score
    order: tuple[Row, ...]
    tau: float | None = None  # None: of the leading one itself, or where it cannot be said

    @cached_property
    def places(self) -> dict[int, int]:
        """Where in the order each model stands, from 0 on, by its place on the page."""
        return {row.place: place for place, row in enumerate(self.order)}

    def rank(self, row: Row) -> str:
        found = self.places.get(row.place)
        return formatting.MISSING if found is None else f"{found + 1}."


@dataclass(frozen=True)
class Agreement:
    """All opinions, the leading one first, and what is to be said of each other."""

    opinions: tuple[Opinion, ...]
    rows: tuple[Row, ...]
    sentences: tuple[str, ...]


def agreement(comparison: Comparison) -> Agreement | None:
    """None where there is nothing to compare: fewer than two distances, or two models."""
    found = [_opinion(comparison, score) for score in distances(comparison)]
    found = [opinion for opinion in found if len(opinion.order) > 1]
    if len(found) < 2:
        return None
    leading, *others = found
    compared = [Opinion(o.score, o.order, _tau(comparison, leading, o)) for o in others]
    sentences = tuple(_sentence(comparison, leading, other) for other in compared)
    return Agreement((leading, *compared), leading.order[:LISTED], sentences)


def distances(comparison: Comparison) -> list[Score]:
    """One distance for each extractor and FWD: the one that decides, else the kernel distance."""
    by_extractor: dict[str, Score] = {}
    for score in comparison.metrics:
        if score.kind != "distance" or not is_ranked(comparison, score.metric):
            continue
        seen = WITHOUT_NETWORK if score.metric == WITHOUT_NETWORK else formatting.extractor(score)
        known = by_extractor.get(seen)
        if seen and known is not comparison.primary and (not known or style_gap.is_kid(score)):
            by_extractor[seen] = score
    return list(by_extractor.values())


def opposite(comparison: Comparison, best: Row, second: Row) -> Score | None:
    """FWD, where it puts these two in the other order than the metric that decides."""
    found = [s for s in comparison.metrics if s.metric == WITHOUT_NETWORK]
    if not found or comparison.primary in found:
        return None
    means = [row.interval(WITHOUT_NETWORK) for row in (best, second)]
    if means[0] is None or means[1] is None or means[0].mean <= means[1].mean:
        return None
    return found[0]


def _opinion(comparison: Comparison, score: Score) -> Opinion:
    return Opinion(score, tuple(comparison.scored(score.metric)))


def _tau(comparison: Comparison, leading: Opinion, other: Opinion) -> float | None:
    both = [row.place for row in leading.order if row.place in other.places]
    if len(both) < 2:
        return None
    found = stats.kendalltau(
        [leading.places[place] for place in both], [other.places[place] for place in both]
    )
    return float(found.statistic)


def _sentence(comparison: Comparison, leading: Opinion, other: Opinion) -> str:
    """Whether two distances agree, and where not."""
    names = f"{other.score.name} and {leading.score.name}"
    if len(leading.order) > pairwise_tests.EVERY_TWO:
        tau = formatting.number(_tau(comparison, leading, other))
        return f"{names} put {len(leading.order):,} models in orders of Kendall's tau {tau}."
    swapped = _swapped(leading, other)
    if not swapped:
        return f"{names} put the models in the same order."
    said = [f"{worse.name} before {better.name}" for better, worse in swapped]
    sure = _tells_apart(comparison, other.score, swapped)
    return (
        f"{names} disagree: {other.score.name} puts {formatting.some(said, MOST_SAID)}"
        f"{'' if sure else ', though it tells none of these apart'}. Look at the pictures."
    )


def _swapped(leading: Opinion, other: Opinion) -> list[tuple[Row, Row]]:
    """Pairs, the better first by the leading distance, that the other puts the other way round."""
    both: Sequence[Row] = [row for row in leading.order if row.place in other.places]
    place = [other.places[row.place] for row in both]
    return [
        (better, both[j])
        for i, better in enumerate(both)
        for j in range(i + 1, len(both))
        if place[j] < place[i]
    ]


def _tells_apart(comparison: Comparison, score: Score, pairs: list[tuple[Row, Row]]) -> bool:
    """Does a distance tell any of these pairs apart?"""
    known = pairwise_tests.by_places(comparison, score.metric)
    found = (known.get(frozenset((first.place, second.place))) for first, second in pairs)
    return any(pair is not None and pair.test.told_apart for pair in found)
