"""Numbers that a run had at one moment: what every tracker is told."""

import math
from dataclasses import dataclass

LARGEST = 2.0**53  # of a step or a count: beyond, a float is no whole number any more


@dataclass(frozen=True)
class Numbers:
    """Named numbers and where the run stood: step, seconds of training, target pictures shown."""

    step: int
    seconds: float
    pictures: int
    values: dict[str, float]  # "loss/G", "score/fid", "final/fid", "cost/seconds" ...


def moment(
    step: float | None, seconds: float | None, pictures: float | None
) -> tuple[int, float, int] | None:
    """Where a run stood; None when one of the three is missing or cannot be meant."""
    if step is None or seconds is None or pictures is None:
        return None
    if not all(math.isfinite(one) and 0 <= one < LARGEST for one in (step, seconds, pictures)):
        return None
    return int(step), float(seconds), int(pictures)


def by_pictures(name: str) -> str | None:
    """The name under which a curve is also drawn against pictures shown; None for no curve."""
    group, _, rest = name.partition("/")
    return f"{group}_by_pictures/{rest}" if group in ("loss", "score") else None
