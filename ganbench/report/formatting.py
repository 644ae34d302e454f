"""Numbers, lists and names as people read them."""

import math
from collections.abc import Sequence

from ganbench.price import Price
from ganbench.record import Score
from ganbench.system.text import in_a_row, some_of

MISSING = "–"
MOST_SEEDS = 20  # or rows of them, in one line


def decimals(value: float) -> int:
    """Decimals that show about three digits of `value`."""
    size = abs(value)
    if size >= 1000 or value == 0:
        return 0
    if size >= 10:
        return 1
    return min(6, 2 - math.floor(math.log10(size)))


def number(value: float | None, like: float | None = None) -> str:
    """`value` with about three digits, or with as many decimals as `like` would have."""
    if value is None or not math.isfinite(value):
        return MISSING
    return fixed(value, decimals(value if like is None else like))


def fixed(value: float, places: int) -> str:
    """`value` with so many decimals, a true minus and no negative zero."""
    text = f"{value:,.{places}f}"
    return text.replace("-", "\N{MINUS SIGN}") if text.strip("-0.,") else text.lstrip("-")


def spread(mean: float | None, half_width: float | None) -> str:
    """Mean ± half-width of its interval, in the same decimals."""
    if mean is None or not half_width:  # of 0: all seeds alike, which is no proof of certainty
        return number(mean)
    like = max(abs(mean), abs(half_width))
    return f"{number(mean, like)} ± {number(half_width, like)}"


def between(low: float, high: float) -> str:
    """An interval in brackets: (7.0 to 17.3)."""
    like = max(abs(low), abs(high))
    return f"({number(low, like)} to {number(high, like)})"


def count(value: float | None) -> str:
    """A count with thousands separated."""
    return MISSING if value is None else f"{round(value):,}"


def millions(value: float | None) -> str:
    """Parameters as papers print them: 11.4 M."""
    if value is None:
        return MISSING
    return f"{value / 1e6:.1f} M" if value >= 1e5 else f"{value / 1e3:.1f} k"


def memory(value: float | None) -> str:
    """Bytes in MiB or GiB."""
    if value is None:
        return MISSING
    return f"{value / 2**30:.1f} GiB" if value >= 2**30 else f"{value / 2**20:.0f} MiB"


def work(flop: float | None) -> str:
    """Floating-point work in GFLOP."""
    if flop is None:
        return MISSING
    return number(flop / 1e9)


def energy(joules: float | None) -> str:
    """Joules in Wh or kWh."""
    if joules is None:
        return MISSING
    hours = joules / 3600
    return f"{number(hours / 1000)} kWh" if hours >= 1000 else f"{number(hours)} Wh"


def money(amount: float | None, price: Price) -> str:
    """An amount in the currency of a price."""
    return MISSING if amount is None else price.written(number(amount))


def duration(seconds: float | None) -> str:
    """Seconds as 42 s, 12 min 5 s or 3 h 20 min."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(fraction: float) -> str:
    return f"{100 * fraction:.0f} %"


def spelled(value: int) -> str:
    """Small counts as words: "none of the three"."""
    names = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    return names[value] if value < len(names) else str(value)


def plural(value: int, noun: str) -> str:
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else list(items))


def some(items: Sequence[str], most: int = 8) -> str:
    """All items, or the first of many and how many more there are: a, b and 12 more."""
    more = len(items) - most
    return listed([*items[:most], f"{more:,} more"] if more > 1 else items)


def seeds(given: Sequence[object]) -> str:
    """Seeds as a suite names them: 0, 1, 2, and 0–99 for a hundred in a row."""
    numbers = [seed for seed in given if isinstance(seed, int)]
    others = [str(seed) for seed in given if not isinstance(seed, int)]
    return some_of([*in_a_row(numbers), *others], MOST_SEEDS)


def against(score: Score) -> str:
    """How many pictures a number compares."""
    if score.kind == "translation":
        return f"{plural(score.count, 'picture')}, each beside its own counterpart"
    return f"{score.count:,} against {score.reference_count:,} pictures"


def sentence(text: str) -> str:
    """`text` with a capital letter in front and a full stop behind."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def shortened(text: str, length: int = 34) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


ARROWS = {"lower": " ↓", "higher": " ↑", "neither": ""}


def extractor(score: Score) -> str:
    """The network that made the features, as the metric's protocol names it."""
    return str(score.protocol.get("extractor") or score.protocol.get("weights") or "")


def heading(score: Score) -> str:
    """Name of a metric with its unit and an arrow towards better, where one end is better."""
    unit = f" ({score.unit})" if score.unit else ""
    return f"{score.name}{unit}{ARROWS[score.better]}"


STATUS_WORDS = {
    "collapsed": "collapsed",
    "diverged": "diverged",
    "out_of_memory": "ran out of memory",
    "failed": "failed",
    "interrupted": "was interrupted",
    "imported": "imported",
    "waiting": "has not started",
    "training": "is still training",
}
LOG_FROM = 20  # a range of this ratio is drawn on a logarithmic axis
