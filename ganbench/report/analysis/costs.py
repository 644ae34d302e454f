"""What a model cost: means over its runs of what their records measured."""

from collections.abc import Callable
from operator import attrgetter

from ganbench.price import Price
from ganbench.record import Record
from ganbench.report.analysis.comparison import Row

# Costs of a record.
SECONDS, FLOP = attrgetter("used.seconds"), attrgetter("cost.flop_per_step")
SPEED, MEMORY = attrgetter("cost.pictures_per_second"), attrgetter("cost.peak_memory_bytes")
ENERGY = attrgetter("cost.energy_joules")
START, COMPILE = attrgetter("cost.start_seconds"), attrgetter("cost.compile_seconds")


def wall(record: Record) -> float | None:
    """Seconds of a run's processes; None where nobody was left to count them."""
    return record.used.wall_seconds or None


def mean_cost(row: Row, what: Callable[[Record], float | None]) -> float | None:
    """Mean of one cost over the finished runs that know it, or else over all that do.

    None of a model that was trained elsewhere.
    """
    if row.imported:
        return None
    for records in (row.finished, row.records):
        known = [value for record in records if (value := what(record)) is not None]
        if known:
            return sum(known) / len(known)
    return None


def mean_money(row: Row, price: Price) -> float | None:
    """What a run cost at so much an hour: of its whole process, not of its training alone."""
    seconds = mean_cost(row, wall)
    return None if seconds is None else price.of(seconds)


def parameters(row: Row) -> int | None:
    """Parameters of all networks together."""
    sizes = [sum(record.cost.parameters.values()) for record in row.records]
    return max(sizes, default=0) or None
