"""Style gap closed: how much of the way from untouched photographs to real paintings a model goes.

100 * (KID_identity - KID_model) / (KID_identity - KID_floor), per seed: 0 % is the identity row,
100 % the floor. On KID (Bińkowski et al. 2018) because its mean does not depend on the number of
pictures: the floor compares halves, and a biased distance would put it too high. That holds only of
pictures that are independent of the reference. Where the reference is what the models train on, an
exact copier passes 100 %: beyond it the word is copying, not quality. Where it is held out, copying
helps no farther than to the floor.
"""

import math
from dataclasses import dataclass

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import conditions, intervals, uncertainty
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.analysis.intervals import Interval

NAME = "style gap closed"
UNBIASED = ("kid", "_kd")  # key with the official weights; ending of the key with any other network
ENDS = ("identity", "floor")
OF_REFERENCE = "reference_error"  # of a kernel distance, over the paintings that it compares with
SETTLED = 2  # standard errors that have to lie between the two ends
COPYING = "nearer than independent real paintings: look for copying"
BEYOND = "nearer than other real paintings"  # of held-out ones, which nothing can copy


@dataclass(frozen=True)
class Scale:
    """The two ends of the gap on one KID."""

    kid: Score
    identity: float
    floor: float

    def closed(self, kid: float) -> float:
        """Percent of the gap that a model with this KID closes; not cut to 0 to 100."""
        return 100 * (self.identity - kid) / self.width

    @property
    def width(self) -> float:
        return self.identity - self.floor


def kid(comparison: Comparison) -> Score | None:
    """The unbiased kernel distance of the extractor that leads: metrics stand in its order."""
    found = [score for score in comparison.metrics if is_kid(score)]
    return found[0] if found else None


def is_kid(score: Score) -> bool:
    """Whether a score is KID; a plugin's key may end alike, but then its protocol has no kernel."""
    exact, ending = UNBIASED
    alike = score.metric == exact or score.metric.endswith(ending)
    return alike and score.protocol.get("kernel") is not None


def scale(comparison: Comparison) -> Scale | None:
    """The ends of the gap; None where `why_not` has the reason."""
    found = _found(comparison)
    return found if isinstance(found, Scale) else None


def why_not(comparison: Comparison) -> str:
    """Why there is no style gap to speak of; empty when there is one."""
    found = _found(comparison)
    return found if isinstance(found, str) else ""


def _found(comparison: Comparison) -> Scale | str:
    score = kid(comparison)
    if score is None:
        return "KID, on which it is measured, is not among the metrics"
    identity, floor = (comparison.baseline(name, score.metric) for name in ENDS)
    if identity is None:
        return f"{score.name} of the untouched photographs is not there"
    if floor is None:
        return f"{score.name} of the floor is not there"
    if identity <= floor:
        return (
            "the untouched photographs lie no farther from the paintings than the paintings from "
            "each other: there is no gap to close"
        )
    if identity - floor < SETTLED * _noise(comparison, score.metric):
        return (
            f"{score.name} of the untouched photographs, {formatting.number(identity)}, lies "
            f"within {SETTLED} standard errors of the floor, {formatting.number(floor)}: more "
            "pictures are needed to see a gap"
        )
    return Scale(score, identity, floor)


def _noise(comparison: Comparison, metric: str) -> float:
    """Standard error of identity - floor over pictures; 0 where the records do not say.

    A score's error is over one side. Where nothing tells that of the paintings, the floor's two
    halves, both of them drawn, are taken to be alike.
    """
    errors = []
    for name in ENDS:
        score = comparison.baselines[name].scores[metric]
        error = score.error or 0.0
        errors += [error, score.details.get(OF_REFERENCE, error if name == "floor" else 0.0)]
    return math.hypot(*errors)


def by_seed(row: Row, ends: Scale) -> dict[int, float]:
    """Percent closed by each finished seed of a model."""
    return {seed: ends.closed(value) for seed, value in row.values(ends.kid.metric).items()}


def closed(row: Row, ends: Scale) -> Interval | None:
    """Mean percent over the finished seeds with Student's interval."""
    return intervals.over_seeds(list(by_seed(row, ends).values()))


def over_pictures(row: Row, ends: Scale) -> float | None:
    """Half-width in percent of KID's 95 % interval over the pictures of one run, mean over seeds.

    It takes the two ends of the gap as they are.
    """
    width = uncertainty.over_pictures(row, ends.kid.metric)
    return None if width is None else 100 * width / ends.width


def text(interval: Interval) -> str:
    """The percentage as tables print it: 42 ± 7 %."""
    if not interval.half_width:
        return percent(interval.mean)
    places = _decimals(interval.mean)
    mean, half = (
        formatting.fixed(interval.mean, places),
        formatting.fixed(interval.half_width, places),
    )
    return f"{mean} ± {half} %"


def spoken(interval: Interval, pictures: float | None = None) -> str:
    """The percentage as sentences say it: 42 % (35 to 49).

    One seed has no interval over seeds: `pictures`, the half-width over its pictures, stands in.
    """
    half, kind = interval.half_width, ""
    if half is None:
        half, kind = pictures, " over the pictures of one seed"
    if half is None:
        return percent(interval.mean)
    places = _decimals(interval.mean)
    low, high = (formatting.fixed(interval.mean + sign * half, places) for sign in (-1, 1))
    return f"{percent(interval.mean)} ({low} to {high}{kind})"


def percent(value: float) -> str:
    return f"{formatting.fixed(value, _decimals(value))} %"


def _decimals(value: float) -> int:
    return 0 if math.fabs(value) >= 10 or value == 0 else 1


def word(value: float, comparison: Comparison) -> str:
    """What to say of a model that lies outside of the two ends."""
    if value < 0:
        return "farther than untouched photographs"
    if value <= 100:
        return ""
    return BEYOND if conditions.held_out(comparison) else COPYING
