"""Sentences below the verdict: against the photographs, the style gap, the floor, lost seeds."""

from markupsafe import Markup

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import intervals, pairwise_tests, style_gap
from ganbench.report.analysis.comparison import Comparison, Row, direction
from ganbench.report.formatting import between, number

MOST_TIED = 3  # models in one sentence
MOST_IMPORTED = 3  # sentences about models from elsewhere


def against_identity(comparison: Comparison, ranked: list[Row], primary: Score) -> Markup | None:
    """Whether the best beats the photographs as they came, and who is behind them.

    A test of the best alone against a fixed number: no pair of models, and in no family of theirs.
    Of the others only their means are told.
    """
    untouched = comparison.baseline("identity", primary.metric)
    if untouched is None:
        return None
    sign = direction(comparison, primary.metric)
    gains = [
        (row, intervals.over_seeds([sign * (untouched - value) for value in values.values()]))
        for row in ranked
        if (values := row.values(primary.metric))
    ]
    best = gains[0][1]
    assert best is not None
    verb = "beats" if best.excludes_zero else "is ahead of"
    said = Markup("{} {} the untouched photographs by {}").format(
        ranked[0].name, verb, number(best.mean)
    )
    if best.half_width is not None:
        said += " " + between(best.low, best.high)
        said += "" if best.excludes_zero else ", though its seeds cannot tell it from them"
    behind = [row.name for row, gain in gains[1:] if gain is not None and gain.mean <= 0]
    if not behind:
        return said + "."
    verb = "is" if len(behind) == 1 else "are"
    return said + Markup("; {} {} behind them on average.").format(formatting.some(behind), verb)


def survivors(best: Row, primary: Score) -> Markup | None:
    """A warning that the best is the best of its lucky seeds."""
    said = best.survivors(primary.metric)
    return Markup("The number of {} is the {}.").format(best.name, said) if said else None


def floor(comparison: Comparison, best: Row, primary: Score) -> Markup | None:
    """How far the best is from the floor, with the pictures that either number compares.

    Halves are fewer pictures, which moves a biased metric: below such a floor proves nothing.
    """
    value = comparison.baseline("floor", primary.metric)
    interval = best.interval(primary.metric)
    if value is None or interval is None:
        return None
    away = direction(comparison, primary.metric) * (interval.mean - value)
    if away <= 0 and style_gap.is_kid(primary):
        return Markup("It is at the floor: as near as other real paintings.")
    used = next(r.scores[primary.metric] for r in best.finished if primary.metric in r.scores)
    row = comparison.baselines["floor"]
    start = Markup("The floor, {} ({}), is {}: ").format(
        row.title,
        formatting.against(row.scores[primary.metric]),
        number(value, interval.mean),
    )
    end = (
        "{} is {} away ({})."
        if away > 0
        else "{} is {} better ({}), but the number of pictures alone moves this metric."
    )
    return start + Markup(end).format(best.name, number(abs(away)), formatting.against(used))


def gap_closed(comparison: Comparison, ranked: list[Row], primary: Score) -> Markup | None:
    """How much of the way to real paintings the best goes, and all that cannot be told from it."""
    ends = style_gap.scale(comparison)
    if ends is None:
        return None
    tied = pairwise_tests.tied_with_best(comparison, primary.metric)
    said = [s for row in ranked if row.name in tied and (s := _closes(row, ends, comparison))]
    if not said:
        return None
    meaning = "0 % is what untouched photographs reach, 100 % what other real paintings reach."
    return Markup("{} of the style gap: {}").format(Markup(", ").join(said[:MOST_TIED]), meaning)


def _closes(row: Row, ends: style_gap.Scale, comparison: Comparison) -> Markup | None:
    interval = style_gap.closed(row, ends)
    if interval is None:
        return None
    spoken = style_gap.spoken(interval, style_gap.over_pictures(row, ends))
    said = Markup("{} closes {}").format(row.name, spoken)
    if interval.mean <= 100:
        return said
    word = style_gap.word(interval.mean, comparison)
    linked = Markup('<a href="#copying">{}</a>').format(word) if word == style_gap.COPYING else word
    return said + Markup(" ({})").format(linked)


def imported(comparison: Comparison, best: Row, primary: Score) -> list[Markup]:
    """Where the models stand that were trained elsewhere; no budget makes them comparable."""
    found, sign = [], direction(comparison, primary.metric)
    mine = best.interval(primary.metric)
    for row in comparison.rows:
        for value in row.imported_values(primary.metric).values() if mine else ():
            assert mine is not None
            word = "better" if sign * (value - mine.mean) < 0 else "not better"
            found.append(
                Markup(
                    "Imported, and under no budget of this suite: {}, {} {}, {} than {}."
                ).format(row.name, primary.name, number(value, mine.mean), word, best.name)
            )
    return found[:MOST_IMPORTED]
