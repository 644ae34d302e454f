"""Counts blind votes: for every two models how often each was the better one, and how sure that is.

"Cannot tell" is counted and left out of the win rate, as a sign test leaves ties out. Votes tell
two models apart by the exact binomial test of wins against losses at 5 %, after Holm's correction
for all pairs of models with such votes. The 95 % interval of a win rate is Wilson's (1927), of each
pair alone. Every vote counts as one: voters who saw the same pictures make the result surer for
these pictures, not for others of the same models.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import stats

from ganbench.report import formatting
from ganbench.report.analysis import intervals, pairwise_tests
from ganbench.report.analysis.comparison import Row

LEFT, RIGHT = "left", "right"
FIRST, SECOND, NEITHER = "first", "second", "neither"  # of a pair of models


@dataclass(frozen=True)
class Question:
    """Which picture is better, that of `first` or of `second`? A hash has drawn their sides."""

    first: Row
    second: Row
    swapped: bool  # the picture of `first` is on the right

    @property
    def sides(self) -> tuple[Row, Row]:
        """Whose picture is on the left, and whose on the right."""
        return (self.second, self.first) if self.swapped else (self.first, self.second)

    def better(self, choice: str) -> str:
        """What a choice of left, right or neither says of the pair."""
        if choice == NEITHER:
            return NEITHER
        return FIRST if (choice == LEFT) != self.swapped else SECOND


@dataclass(frozen=True)
class Ballot:
    """The questions of a page; `identity` follows from them and from their pictures."""

    identity: str
    questions: tuple[Question, ...]

    @property
    def pairs(self) -> list[tuple[Row, Row]]:
        """The pairs of models that are asked about, in the order of the suite."""
        found = {(one.first.place, one.second.place): one for one in self.questions}
        return [(found[places].first, found[places].second) for places in sorted(found)]


@dataclass(frozen=True)
class Count:
    """The votes on one pair of models."""

    first: Row
    second: Row
    wins: int  # of the first one
    losses: int
    ties: int
    told_apart: bool = False
    family: int = 1  # pairs of models that the votes decide anything about

    @property
    def decided(self) -> int:
        return self.wins + self.losses

    @property
    def better(self) -> str:
        """Which of the two is told apart as the better one, if any."""
        if not self.told_apart:
            return NEITHER
        return FIRST if self.wins > self.losses else SECOND

    @property
    def rate(self) -> str:
        """Win rate of the first one with its interval: 75 % (53 to 89 %)."""
        if not self.decided:
            return formatting.MISSING
        low, high = map(_percent, wilson(self.wins, self.decided))
        return f"{_percent(self.wins / self.decided)} % ({low} to {high} %)"

    @property
    def verdict(self) -> str:
        if self.told_apart:
            return "told apart"
        alone = self.decided > 0 and told_apart([(self.wins, self.losses)])[0]
        return "cannot be told apart" + f" among {self.family} pairs" * alone


def count(ballot: Ballot, cast: Sequence[Mapping[int, str]]) -> list[Count]:
    """The votes of all voters by pair of models; of each voter the choice by place of question."""
    found = {pair: {FIRST: 0, SECOND: 0, NEITHER: 0} for pair in _places(ballot.pairs)}
    for place, choice in ((place, choice) for votes in cast for place, choice in votes.items()):
        asked = ballot.questions[place]
        found[asked.first.place, asked.second.place][asked.better(choice)] += 1
    numbers = [(votes[FIRST], votes[SECOND], votes[NEITHER]) for votes in found.values()]
    told = told_apart([(wins, losses) for wins, losses, _ in numbers])
    family = sum(wins + losses > 0 for wins, losses, _ in numbers)
    return [
        Count(first, second, *number, apart, family)
        for (first, second), number, apart in zip(ballot.pairs, numbers, told, strict=True)
    ]


def _places(pairs: Sequence[tuple[Row, Row]]) -> list[tuple[int, int]]:
    return [(first.place, second.place) for first, second in pairs]


def told_apart(decided: Sequence[tuple[int, int]]) -> list[bool]:
    """Which wins and losses Holm tells from a coin's; a pair without either is no member."""
    members = [stats.binomtest(wins, wins + losses).pvalue for wins, losses in decided
               if wins + losses]  # fmt: skip
    words = iter(pairwise_tests.holm([float(p) for p in members]))
    return [bool(wins + losses) and next(words) for wins, losses in decided]


def wilson(wins: int, decided: int) -> tuple[float, float]:
    """Wilson's interval of a rate."""
    found = stats.binomtest(wins, decided).proportion_ci(intervals.CONFIDENCE, "wilson")
    return float(found.low), float(found.high)


def _percent(share: float) -> int:
    """Rounded as the page's script rounds, which rounds halves up."""
    return math.floor(100 * share + 0.5)
