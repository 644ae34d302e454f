"""Columns of the tables: a head, a cell for every model and a cell for every untrained row."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ganbench.record import Baseline, Score
from ganbench.report import formatting
from ganbench.report.analysis import machines, pairwise_tests, style_gap
from ganbench.report.analysis.comparison import Comparison, Row, is_measured
from ganbench.report.analysis.costs import (
    ENERGY,
    FLOP,
    MEMORY,
    SECONDS,
    SPEED,
    mean_cost,
    mean_money,
    parameters,
)
from ganbench.report.analysis.intervals import Interval
from ganbench.report.analysis.machines import MOST_NAMED, Machines
from ganbench.report.formatting import STATUS_WORDS

NO_NUMBER = "no finished run has this number"
ONE_SEED = "One seed a model: no number has an interval over seeds."
STRIP_RANK = 4  # of the column of seeds as dots
LATE = 8  # columns of this rank and above are not printed: a sheet has no room for them


@dataclass(frozen=True)
class Cell:
    """Text of a table cell, the number it sorts by, and whether it is bold as one of the best."""

    text: str
    sort: float | None = None
    best: bool = False
    note: str = ""
    why: str = ""  # why there is no number, or how many pictures an untrained row compares
    link: str = ""  # part of the page that the note points to


@dataclass(frozen=True)
class Column:
    """One column; `rising` says that small numbers come first when it is sorted best first."""

    head: str
    of_row: Callable[[Row], Cell]
    of_baseline: Callable[[Baseline], Cell]
    about: str = ""
    rising: bool = True
    rank: int = 0  # where there is little room, columns of a high rank make way first
    score: Score | None = None  # an example of the metric that the column shows


def main(comparison: Comparison) -> list[Column]:
    """The metric that decides, the style gap, the other distances and the costs."""
    distances = [s for s in comparison.metrics[1:] if s.kind == "distance" and is_measured(s)]
    made = [score_column(comparison, score) for score in comparison.metrics[:1]]
    made += gap_column(comparison)
    made += [
        score_column(comparison, score, rank=(2, 7)[place] if place < 2 else LATE + place)
        for place, score in enumerate(distances)
    ]
    return made + costs(comparison)


def score_column(comparison: Comparison, score: Score, rank: int = 0) -> Column:
    bold = _told_from_some(comparison, score.metric)

    def of_row(row: Row) -> Cell:
        interval = row.interval(score.metric)
        for value in row.imported_values(score.metric).values():
            return Cell(formatting.number(value), value, note="imported")
        if interval is None:
            return Cell(
                formatting.MISSING, note=_unfinished(row, score), why=why_missing(row, score)
            )
        said = formatting.spread(interval.mean, interval.half_width)
        note = _seeds(comparison, row, score.metric)
        return Cell(said, interval.mean, row.name in bold, note)

    def of_baseline(baseline: Baseline) -> Cell:
        value = comparison.baseline(baseline.name, score.metric)
        if value is None:
            known = baseline.scores.get(score.metric)
            return Cell(formatting.MISSING, why=(known.note if known else "") or "not measured")
        counts = formatting.against(baseline.scores[score.metric])
        floor = baseline.name == "floor" and score is comparison.primary
        return Cell(formatting.number(value), value, note=counts if floor else "", why=counts)

    about = score.about or f"{score.better} is better"
    rising = score.better != "higher"
    return Column(formatting.heading(score), of_row, of_baseline, about, rising, rank, score)


def _told_from_some(comparison: Comparison, metric: str) -> set[str]:
    """The best and all that cannot be told from it; nobody where that is every model."""
    tied = pairwise_tests.tied_with_best(comparison, metric)
    return tied if tied < {row.name for row in comparison.scored(metric)} else set()


def _seeds(comparison: Comparison, row: Row, metric: str) -> str:
    """What to say beside a mean that is not one over several seeds, all of which ended well.

    That it is of one seed stands once: above the table where that holds of every model, or else
    beside the number that decides.
    """
    count, deciding = len(row.values(metric)), comparison.metrics[0].metric
    if survivors := row.survivors(metric):
        return survivors if metric == deciding else f"{count} of {len(row.records)} seeds"
    if count > 1 or one_seed_each(comparison):
        return ""
    return "one seed" if metric == deciding or len(row.values(deciding)) > 1 else ""


def one_seed_each(comparison: Comparison) -> str:
    """The sentence for results in which no model has more than one finished seed, or nothing."""
    deciding = comparison.metrics[0].metric if comparison.metrics else ""
    counts = {len(row.values(deciding)) for row in comparison.rows}
    return ONE_SEED if max(counts, default=0) == 1 else ""


def why_missing(row: Row, score: Score) -> str:
    """Why a model has no number of this metric, as its records say it."""
    found = [r.scores[score.metric] for r in row.finished if score.metric in r.scores]
    notes = [known.note for known in found if known.value is None and known.note]
    return notes[0] if notes else NO_NUMBER


def _unfinished(row: Row, score: Score) -> str:
    """The numbers of a model none of whose runs ended well: shown, never averaged."""
    values = row.unfinished_values(score.metric)
    endings = {record.seed: STATUS_WORDS[record.status.name] for record in row.unfinished}
    return ", ".join(
        f"{formatting.number(value)} {endings[seed]}" for seed, value in values.items()
    )


def gap_column(comparison: Comparison) -> list[Column]:
    """The style gap, or no column where there are no two ends to measure between."""
    ends = style_gap.scale(comparison)
    if ends is None:
        return []

    def of_row(row: Row) -> Cell:
        interval = style_gap.closed(row, ends)
        if interval is None:
            return Cell(formatting.MISSING, why=why_missing(row, ends.kid))
        word = style_gap.word(interval.mean, comparison)
        seeds = _seeds(comparison, row, ends.kid.metric)
        notes = [word, seeds, _over_pictures(row, ends, interval)]
        link = "copying" if word == style_gap.COPYING else ""
        said = "; ".join(note for note in notes if note)
        return Cell(style_gap.text(interval), interval.mean, note=said, link=link)

    def of_baseline(baseline: Baseline) -> Cell:
        return Cell("0 %", 0.0) if baseline.name == "identity" else Cell("100 %", 100.0)

    about = "0 %: untouched photographs; 100 %: real paintings against real paintings"
    return [
        Column(
            f"{style_gap.NAME} ↑", of_row, of_baseline, about, rising=False, rank=1, score=ends.kid
        )
    ]


def _over_pictures(row: Row, ends: style_gap.Scale, interval: Interval) -> str:
    """The interval that one seed has: not over seeds, only over its pictures."""
    half = style_gap.over_pictures(row, ends)
    if interval.half_width is not None or half is None:
        return ""
    return f"± {style_gap.percent(half)} over its pictures"


def costs(comparison: Comparison) -> list[Column]:
    """What a model costs; the untrained rows cost nothing.

    Energy has a column where a counter told of any, money where an hour has a price.
    """
    made = [
        _cost("training", 3, formatting.duration, lambda row: mean_cost(row, SECONDS)),
        _cost("pictures/s", 5, formatting.number, lambda row: mean_cost(row, SPEED)),
        _cost("peak memory", 6, formatting.memory, lambda row: mean_cost(row, MEMORY)),
        _cost("parameters", LATE, formatting.millions, parameters),
        _cost("GFLOP/step", LATE, formatting.work, lambda row: mean_cost(row, FLOP)),
    ]
    if any(mean_cost(row, ENERGY) is not None for row in comparison.rows):
        energy = _cost("energy", LATE, formatting.energy, lambda row: mean_cost(row, ENERGY))
        made.append(replace(energy, about=ABOUT_ENERGY))
    if price := comparison.price:
        about = f"{price.written(formatting.number(price.amount))} an hour: {ABOUT_MONEY}"
        money = _cost(
            "money", LATE, partial(formatting.money, price=price), partial(mean_money, price=price)
        )
        made.append(replace(money, about=about))
    found = machines.machines(comparison)
    if not found.several:
        return made
    return [_on(found, column) if column.head in OF_A_MACHINE else column for column in made]


def _on(found: Machines, column: Column) -> Column:
    """A column of speeds on machines of several kinds: each number says which, and none is sorted.

    A row whose seeds were on several has a number for each.
    """

    def of_row(row: Row) -> Cell:
        parts = found.parts(row)
        if row.imported or not parts:
            return column.of_row(row)
        texts = [column.of_row(part).text for part in parts.values()]
        word = "machine" if len(parts) == 1 else "machines"
        return Cell(" · ".join(texts), note=f"{word} {' and '.join(map(str, parts))}")

    names = formatting.some(found.names(), MOST_NAMED)
    about = f"not compared across machines ({names})"
    return replace(column, of_row=of_row, about="; ".join(filter(None, (column.about, about))))


OF_A_MACHINE = ("training", "pictures/s", "energy", "money")
ABOUT_ENERGY = (
    "of the training seconds, by the counter of the GPU or, on a CPU, of all its packages, "
    "whoever used them"
)
ABOUT_MONEY = "of the whole process of a run, evaluation and start-up included"


def _cost(
    name: str,
    rank: int,
    said: Callable[[float | None], str],
    value: Callable[[Row], float | None],
) -> Column:
    def of_row(row: Row) -> Cell:
        return Cell(said(value(row)), value(row))

    return Column(name, of_row, lambda _: Cell(""), rank=rank)
