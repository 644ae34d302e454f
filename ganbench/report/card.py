"""A picture of 1200 x 630 pixels for a README, a slide or a thread: the verdict at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Results, Score
from ganbench.report import formatting, redact, sanitize
from ganbench.report.analysis import intervals, pairwise_tests, verdict
from ganbench.report.analysis.comparison import (
    Comparison,
    Row,
    compare,
    direction,
    status_summary,
)
from ganbench.report.analysis.costs import MEMORY, SECONDS, mean_cost, parameters
from ganbench.report.figures import card_layout
from ganbench.report.figures.card_layout import Card, Level, Tile
from ganbench.report.formatting import between, number
from ganbench.report.pictures import encoding, gallery
from ganbench.system import files

MOST_INPUTS = 3  # photographs in the row, each through every model


@dataclass(frozen=True)
class Made:
    """A card and what could not be shown on it."""

    card: Card
    verdict: str
    problems: tuple[str, ...]


def build(path: Path, out: Path, suite: str | None = None, public: bool = False) -> Made:
    """Draw to `out` the card of a suite: `path` itself, or its newest where none is named."""
    if suite is None and (path / "suite.json").exists():
        whole = path.resolve()
        path, suite = whole.parent, whole.name
    results = record.read_results(path, suite)
    if not results.runs:
        raise InputError(
            f"no run is left in {path}: there is nothing to draw a card of", "ganbench run"
        )
    made = compose(results, public)
    files.write_bytes(out, card_layout.draw(made.card))
    return made


def compose(results: Results, public: bool = False) -> Made:
    """What the card of `results` says; in public without pictures of the data, hosts and paths."""
    results = sanitize.guarded(results)
    results = redact.scrubbed(results) if public else results
    comparison = compare(results)
    decided = verdict.decide(results, comparison)
    reader = encoding.Reader()
    runs = gallery.shown_runs(comparison, public, reader)
    groups = [_tiles(comparison, gallery.same_input(runs, k)) for k in range(MOST_INPUTS)]
    card = Card(
        _top(results, comparison),
        str(decided.headline),
        tuple(tuple(group) for group in groups if group),
        tuple(_level(comparison, row) for row in comparison.rows),
        (_best(comparison), _gap(comparison), _cost(comparison)),
        _small_print(comparison, any(groups)),
    )
    return Made(card, decided.text, tuple(dict.fromkeys(reader.problems)))


def as_json(made: Made, out: Path) -> dict[str, Any]:
    """Where the card lies and what it says."""
    return {
        "card": str(out),
        "verdict": made.verdict,
        "numbers": [{"value": value, "about": about} for value, about in made.card.numbers],
        "pictures": [tile.name for tile in (made.card.groups or ((),))[0]],
        "notes": list(made.problems),
    }


def _top(results: Results, comparison: Comparison) -> str:
    """Which data, how large, for how long, how often."""
    data = results.suite.get("data") or {}
    titles = [data[side].get("title") for side in ("source", "target")
              if isinstance(data.get(side), dict)]  # fmt: skip
    size, budget = results.suite.get("size"), results.suite.get("budget")
    seeds = max((len(row.records) for row in comparison.rows), default=0)
    said = [formatting.shortened(title, 40) for title in titles if title]
    said += [f"{size} px"] if size else []
    said += [f"{budget} a run"] if budget else []
    return " · ".join([*said, formatting.plural(seeds, "seed")])


def _colour(row: Row | None) -> str:
    return "muted" if row is None else f"c{row.colour}"


def _tiles(comparison: Comparison, items: list[tuple[Row | None, Any]]) -> list[Tile]:
    names = telling([row for row, _ in items if row is not None])
    return [
        Tile(names[row.place] if row else "photograph", _said(comparison, row), _colour(row), made)
        for row, made in items
    ]


def telling(rows: Sequence[Row]) -> dict[int, str]:
    """Names by place, less the settings that all rows of a model share: few letters fit."""
    parts = {row.place: row.label.partition(":") for row in rows}
    settings = {place: part[2].split(",") for place, part in parts.items()}
    alone = len({part[0] for part in parts.values()}) == 1 < len(parts)
    names = {}
    for row in rows:
        model, _, _ = parts[row.place]
        others = [settings[place] for place, part in parts.items() if part[0] == model]
        own = [one for one in settings[row.place] if not all(one in other for other in others)]
        said = ",".join(own)
        if not alone or not said:
            said = f"{model}:{said}" if said else model
        names[row.place] = said + row.name.removeprefix(row.label)
    return names


def _said(comparison: Comparison, row: Row | None) -> str:
    """A model's number with its interval; without one, what its runs came to."""
    primary = comparison.primary
    if row is None:
        value = comparison.baseline("identity", primary.metric) if primary else None
        return "as it came" + (f": {number(value)}" if value is not None else "")
    interval = row.interval(primary.metric) if primary else None
    if interval is None:
        return status_summary(row) if row.records else "no run is there"
    return formatting.spread(interval.mean, interval.half_width)


def _level(comparison: Comparison, row: Row) -> Level:
    interval = row.interval(comparison.primary.metric) if comparison.primary else None
    low = mean = high = None
    if interval is not None:
        half, mean = interval.half_width or 0.0, interval.mean
        low, high = mean - half, mean + half
    return Level(row.name, _said(comparison, row), _colour(row), low, mean, high)


def _leading(comparison: Comparison) -> tuple[Row, Score] | None:
    primary = comparison.primary
    ranked = pairwise_tests.contenders(comparison, primary.metric) if primary else []
    return (ranked[0], primary) if ranked and primary else None


def _best(comparison: Comparison) -> tuple[str, str]:
    """The best score, and how sure it is."""
    leading = _leading(comparison)
    if leading is None:
        return formatting.MISSING, "no finished run has a score"
    best, score = leading
    interval = best.interval(score.metric)
    assert interval is not None
    seeds = "one seed: a hint" if interval.count == 1 else f"{interval.count} seeds, 95 %"
    said = formatting.spread(interval.mean, interval.half_width)
    arrow = formatting.ARROWS[score.better]
    return said, f"{score.name}{arrow} of {best.shortened(40)} ({seeds})"


def _gap(comparison: Comparison) -> tuple[str, str]:
    """How far the best is from the untouched photographs, or else from the floor."""
    leading = _leading(comparison)
    if leading is None:
        return formatting.MISSING, "nothing to hold against the untouched photographs"
    best, score = leading
    sign = direction(comparison, score.metric)
    for name, words, what in (
        ("identity", ("better", "worse"), "than the untouched photographs"),
        ("floor", ("better", "away"), "from the floor, real paintings against real paintings"),
    ):
        value = comparison.baseline(name, score.metric)
        if value is None:
            continue
        gains = [sign * (value - of) for of in best.values(score.metric).values()]
        gain = intervals.over_seeds(gains)
        assert gain is not None
        word = words[0] if gain.mean >= 0 else words[1]
        return f"{number(abs(gain.mean))} {word}", what + _surely(gain)
    return formatting.MISSING, "untouched photographs were not judged"


def _surely(gain: intervals.Interval) -> str:
    if gain.half_width is None:
        return ""
    ends = sorted((gain.low, gain.high) if gain.mean >= 0 else (-gain.high, -gain.low))
    said = f" {between(*ends)}"
    return said + ("" if gain.excludes_zero else ", not settled")


def _cost(comparison: Comparison) -> tuple[str, str]:
    """What a run of the best costs, or else what all runs together did."""
    leading = _leading(comparison)
    if leading is None:
        runs = [run for row in comparison.rows for run in row.records]
        spent = sum(run.used.seconds for run in runs)
        return formatting.duration(spent), f"spent on {formatting.plural(len(runs), 'run')}"
    best, _ = leading
    said = [
        "of training a run",
        formatting.memory(mean_cost(best, MEMORY)),
        f"{formatting.millions(parameters(best))} parameters",
    ]
    known = [text for text in said if not text.startswith(formatting.MISSING)]
    costs = [text.replace(" ", "\u00a0") for text in known]  # a number stays with its unit
    return formatting.duration(mean_cost(best, SECONDS)), " · ".join(costs)


def _small_print(comparison: Comparison, with_pictures: bool) -> str:
    score = comparison.primary
    said = []
    leading = _leading(comparison)
    if leading is not None and score is not None:
        best = leading[0]
        used = next(run.scores[score.metric] for run in best.finished if score.metric in run.scores)
        said += [formatting.against(used), formatting.extractor(used)]
        several = len(best.values(score.metric)) > 1
        said += ["intervals over seeds (Student's t)"] if several else []
    count = len(comparison.shown if with_pictures else comparison.rows[: card_layout.MOST_LINES])
    if count < len(comparison.rows):
        said.append(f"{count} of {len(comparison.rows)} models shown")
    return " · ".join(filter(None, said))
