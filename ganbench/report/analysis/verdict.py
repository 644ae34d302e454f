"""The verdict: sentences from a fixed grammar, each a function of the numbers and nothing else."""

from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup

from ganbench.record import Results, Score
from ganbench.report import formatting
from ganbench.report.analysis import (
    agreement,
    intervals,
    pairwise_tests,
    verdict_support,
    verdict_warnings,
)
from ganbench.report.analysis.comparison import Comparison, Row, direction
from ganbench.report.analysis.pairwise_tests import Pair
from ganbench.report.formatting import STATUS_WORDS, between, number, plural

MOST_SAID = 12  # models with a sentence of their own; of more, they share one
FEW = 3  # seeds; of fewer the spread is too uncertain to plan with


@dataclass(frozen=True)
class Verdict:
    """The answer in one sentence, what supports it, and what to keep in mind. All escaped."""

    kind: str  # winner, no_winner, none_beats, hint, only, failed, not_scored
    headline: Markup
    support: tuple[Markup, ...] = ()
    warnings: tuple[Markup, ...] = ()

    @property
    def text(self) -> str:
        """The same in plain text, for a terminal."""
        return " ".join(sentence.striptags() for sentence in (self.headline, *self.support))


def decide(results: Results, comparison: Comparison) -> Verdict:
    """Choose the sentence that the records allow."""
    kind, headline, support = _answer(comparison)
    warnings = verdict_warnings.warnings(results, comparison)
    return Verdict(kind, headline, tuple(support), tuple(dict.fromkeys(warnings)))


def winner(verdict: Verdict, comparison: Comparison) -> Row | None:
    """The row that a verdict on a comparison says to use; None where it says anything else."""
    if verdict.kind != "winner":
        return None
    assert comparison.primary
    return pairwise_tests.contenders(comparison, comparison.primary.metric)[0]


def _answer(comparison: Comparison) -> tuple[str, Markup, list[Markup]]:
    rows = [row for row in comparison.rows if row.records and not row.imported]
    if not rows:
        return "not_scored", Markup("<strong>Nothing to compare yet</strong>: no run is there."), []
    if not any(row.finished for row in rows):
        return "failed", _all_failed(rows), []
    primary = comparison.primary
    if primary is None or not comparison.scored(primary.metric):
        if primary and primary.note:
            sentence = "<strong>No verdict</strong>: {}, which decides, has no number ({})."
            return "not_scored", Markup(sentence).format(primary.name, primary.note), []
        sentence = "<strong>Nothing is scored yet</strong>: the runs are there, their numbers not."
        return "not_scored", Markup(sentence), []
    ranked = pairwise_tests.contenders(comparison, primary.metric)
    single = [row for row in comparison.scored(primary.metric) if row not in ranked]
    support = [verdict_support.floor(comparison, ranked[0], primary)]
    support += _single_seeds(single, ranked[0], primary)
    support.insert(0, verdict_support.gap_closed(comparison, ranked, primary))
    support.insert(0, verdict_support.survivors(ranked[0], primary))
    support += verdict_support.imported(comparison, ranked[0], primary)
    if _none_beats(comparison, ranked, primary):
        return "none_beats", _none_sentence(comparison, ranked, primary), _present(support)
    return _ranked(comparison, ranked, primary, support)


def _single_seeds(single: list[Row], best: Row, primary: Score) -> list[Markup]:
    if len(single) <= MOST_SAID:
        return [_single_seed(row, best, primary) for row in single]
    said = "{} models have one finished seed each and are left out of the verdict: {}."
    return [Markup(said).format(f"{len(single):,}", formatting.some([row.name for row in single]))]


def _single_seed(row: Row, best: Row, primary: Score) -> Markup:
    """What became of a row with a single finished seed."""
    mine, its = row.interval(primary.metric), best.interval(primary.metric)
    assert mine is not None and its is not None
    return Markup("{} has one finished seed of {} ({}) and is left out of the verdict.").format(
        row.name, len(row.records), number(mine.mean, its.mean)
    )


def _ranked(
    comparison: Comparison, ranked: list[Row], primary: Score, support: list[Markup | None]
) -> tuple[str, Markup, list[Markup]]:
    found = pairwise_tests.against_best(comparison, primary.metric)
    behind = [pair for pair in found if pair.first is ranked[0] and pair.second in ranked]
    if not behind:
        kind, headline = "only", _only(comparison, ranked[0], primary)
    elif not any(pair.test.has_interval for pair in behind):
        others = [pair.second for pair in behind]
        other = next((row for row in others if row.label != ranked[0].label), others[0])
        kind, headline = "hint", _hint(ranked[0], other, primary)
        if dissent := agreement.opposite(comparison, ranked[0], other):
            kind, headline = "no_winner", _disagree(ranked[0], other, primary, dissent)
    else:
        kind, headline = _decided(behind, primary)
    support.insert(0, verdict_support.against_identity(comparison, ranked, primary))
    return kind, headline, _present(support)


def _decided(behind: list[Pair], primary: Score) -> tuple[str, Markup]:
    """Whether the best beats all others; the same model in another framework is no other model."""
    rivals = [pair for pair in behind if pair.better is not pair.first]
    same = [pair for pair in rivals if pair.first.label == pair.second.label]
    others = [pair for pair in behind if pair not in same]
    if len(same) < len(rivals) or not others:
        rivals.sort(key=lambda pair: pair in same)
        return "no_winner", _no_winner(rivals[0], primary)
    headline = _winner(others[0], primary)
    return "winner", headline + Markup("").join(_other_framework(pair) for pair in same)


def _other_framework(pair: Pair) -> Markup:
    """What there is to say of the best model in the other framework, which it does not beat."""
    said = "cannot be told from it"
    if not pair.test.has_interval:
        said = "shares too few finished seeds with it"
    elif pair.better is pair.second:
        said = "is better in the seeds that both finished"
    return Markup(" {}, the same model, {}.").format(pair.second.name, said)


def _present(sentences: list[Markup | None]) -> list[Markup]:
    return [sentence for sentence in sentences if sentence is not None]


def _winner(pair: Pair, primary: Score) -> Markup:
    gain, interval = pair.test.difference, pair.first.interval(primary.metric)
    assert gain is not None and interval is not None
    return Markup("Use <strong>{}</strong>: {} {}, better than {} in {} by {} {}.").format(
        pair.first.name,
        primary.name,
        number(interval.mean),
        pair.second.name,
        _agreeing(pair, primary),
        number(gain.mean),
        between(gain.low, gain.high),
    )


def _agreeing(pair: Pair, primary: Score) -> str:
    """In how many of the seeds that both have the first one is better."""
    sign = -1 if primary.better == "higher" else 1
    values = [row.values(primary.metric) for row in (pair.second, pair.first)]
    gains = [sign * value for value in intervals.differences(*values)]
    better = sum(gain > 0 for gain in gains)
    all_ = plural(len(gains), "seed")
    return f"all {all_}" if better == len(gains) else f"{better} of {all_}"


def _no_winner(pair: Pair, primary: Score) -> Markup:
    gain = pair.test.difference
    if gain is None or gain.half_width is None:
        return Markup(
            "<strong>No winner</strong>: {} and {} share too few finished seeds to be compared."
        ).format(pair.first.name, pair.second.name)
    if pair.better is pair.second:
        return Markup(
            "<strong>No winner</strong>: {} is the best on average, but {} is better in the {} "
            "that both finished, by {} {}."
        ).format(
            pair.first.name, pair.second.name, plural(gain.count, "seed"), number(-gain.mean),
            between(-gain.high, -gain.low),
        )  # fmt: skip
    start = Markup("<strong>No winner</strong>: {} and {} differ by {} {} in {}{}; ").format(
        pair.first.name,
        pair.second.name,
        number(gain.mean),
        between(gain.low, gain.high),
        primary.name,
        f", too little among {pair.test.family} pairs" if pair.test.significant_alone else "",
    )
    return start + _more_seeds(pair)


def _more_seeds(pair: Pair) -> str:
    needed, gain = pair.test.seeds_to_settle, pair.test.difference
    if gain is not None and gain.count < FEW:
        return f"{FEW} seeds or more can say how many would settle it."
    if needed is None or gain is None:
        return f"not even {intervals.MOST_SEEDS} seeds would settle a difference that small."
    seeds = f"{plural(needed - gain.count, 'more seed')} ({needed} in all)"
    return f"about {seeds} would settle a difference of this size four times in five."


def _hint(best: Row, second: Row, primary: Score) -> Markup:
    first, other = best.interval(primary.metric), second.interval(primary.metric)
    assert first is not None and other is not None
    return Markup(
        "<strong>{}</strong> comes out ahead: {} {}, against {} for {}. One seed: "
        "a hint, not a verdict."
    ).format(
        best.name, primary.name, number(first.mean), number(other.mean, first.mean), second.name
    )


def _disagree(best: Row, second: Row, primary: Score, dissent: Score) -> Markup:
    """Two distances, one of which looks through no network, and one seed: nobody is ahead."""
    values = [row.interval(s.metric) for s in (primary, dissent) for row in (best, second)]
    first, other, its, mine = (value.mean for value in values if value is not None)
    return Markup(
        "<strong>No winner</strong>: the judges disagree. {} puts {} first ({}, against {} for {}),"
        " {} the other way round ({} against {}), and one seed cannot tell who is right."
    ).format(
        primary.name, best.name, number(first), number(other, first), second.name,
        dissent.name, number(mine), number(its, mine),
    )  # fmt: skip


def _only(comparison: Comparison, best: Row, primary: Score) -> Markup:
    interval = best.interval(primary.metric)
    assert interval is not None
    value = formatting.spread(interval.mean, interval.half_width)
    seeds = "one seed: a hint, not a verdict" if interval.count == 1 else f"{interval.count} seeds"
    if sum(not row.imported for row in comparison.rows) == 1:
        start = "<strong>{}</strong> reaches {} {} ({}); no other model was compared."
    else:
        start = "Only <strong>{}</strong> finished with a score: {} {} ({})."
    return Markup(start).format(best.name, primary.name, value, seeds)


def _all_failed(rows: list[Row]) -> Markup:
    counts = Counter(record.status.name for row in rows for record in row.records)
    total = sum(counts.values())
    said = [f"{number_} {STATUS_WORDS[name]}" for name, number_ in sorted(counts.items())]
    subject = "The only run" if total == 1 else f"Not one of the {total} runs"
    verb = "did not finish" if total == 1 else "finished"
    return Markup("<strong>{} {}</strong>: {}.").format(subject, verb, formatting.listed(said))


def _none_beats(comparison: Comparison, ranked: list[Row], primary: Score) -> bool:
    untouched = comparison.baseline("identity", primary.metric)
    best = ranked[0].interval(primary.metric)
    sign = direction(comparison, primary.metric)
    return untouched is not None and best is not None and sign * (untouched - best.mean) <= 0


def _none_sentence(comparison: Comparison, ranked: list[Row], primary: Score) -> Markup:
    untouched = comparison.baseline("identity", primary.metric)
    best = ranked[0].interval(primary.metric)
    assert untouched is not None and best is not None
    models = len({row.label for row in ranked})
    where = " in either framework" if models < len(ranked) else ""
    head = {
        1: f"The model does not beat the untouched photographs{where}.",
        2: f"Neither of the two models beats the untouched photographs{where}.",
    }.get(
        models,
        f"None of the {formatting.spelled(models)} models beats the untouched photographs{where}.",
    )
    tail = Markup("{} comes closest with {} {}; doing nothing scores {}.").format(
        ranked[0].name, primary.name, number(best.mean), number(untouched, best.mean)
    )
    return Markup(f"<strong>{head}</strong> ") + tail
