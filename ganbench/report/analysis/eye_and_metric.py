"""Do the eye and the metric agree? For each pair of models what there is to say, in one sentence.

The eye's word is that of the votes (`votes`), the metric's that of the page's one rule
(`pairwise_tests`): who is not told apart is not called better. What only one of them tells apart is
said with the side to which the other leans. The page's script counts votes as well; it puts the
sentence together from the same parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganbench.record import Score
from ganbench.report.analysis import pairwise_tests
from ganbench.report.analysis.comparison import Comparison, Row, is_ranked
from ganbench.report.analysis.pairwise_tests import Pair
from ganbench.report.analysis.votes import FIRST, NEITHER, SECOND, Count

AGREE, DISAGREE, OPEN = "agree", "disagree", "open"
Part = tuple[str, str]  # kind and words


@dataclass(frozen=True)
class Grammar:
    """All that the sentence can be made of; fit for JSON."""

    heads: Mapping[str, str]  # by kind, and "agree open" where they agree on some pairs only
    parts: tuple[Mapping[str, Part], ...]  # a pair of models each: by what the eye says


def grammar(comparison: Comparison, pairs: Sequence[tuple[Row, Row]]) -> Grammar:
    """Heads and parts for these pairs of models, by the metric that decides."""
    primary = comparison.primary
    if primary is None or not is_ranked(comparison, primary.metric):
        said = "There is no score to hold the votes against"
        return Grammar(dict.fromkeys(_heads(""), said), tuple(_alone(*pair) for pair in pairs))
    known = pairwise_tests.by_places(comparison, primary.metric)
    parts = tuple(
        _parts(first, second, primary, known.get(frozenset((first.place, second.place))))
        for first, second in pairs
    )
    return Grammar(_heads(primary.name), parts)


def sentence(words: Grammar, counts: Sequence[Count]) -> str:
    """What the votes say beside the metric."""
    said = [parts[count.better] for parts, count in zip(words.parts, counts, strict=True)]
    said.sort(key=lambda part: part[0] == OPEN)
    kinds = {kind for kind, _ in said}
    head = OPEN
    if DISAGREE in kinds:
        head = DISAGREE
    elif AGREE in kinds:
        head = f"{AGREE} {OPEN}" if OPEN in kinds else AGREE
    return f"{words.heads[head]}: {'; '.join(text for _, text in said)}."


def _heads(metric: str) -> dict[str, str]:
    both = f"The eye and {metric}"
    return {
        AGREE: f"{both} agree",
        f"{AGREE} {OPEN}": f"{both} agree where both can tell",
        DISAGREE: f"{both} disagree",
        OPEN: f"Whether the eye and {metric} agree cannot be said",
    }


def _alone(first: Row, second: Row) -> dict[str, Part]:
    """Where there is no metric."""
    return {
        FIRST: (OPEN, f"the eye puts {first.name} before {second.name}"),
        SECOND: (OPEN, f"the eye puts {second.name} before {first.name}"),
        NEITHER: (OPEN, f"the votes cannot tell {first.name} and {second.name} apart"),
    }


def _parts(first: Row, second: Row, metric: Score, pair: Pair | None) -> dict[str, Part]:
    """What to say when the eye tells the first one apart as better, the second one, or neither."""
    return {
        FIRST: _part(first, second, metric.name, pair),
        SECOND: _part(second, first, metric.name, pair),
        NEITHER: (OPEN, _without_eye(first, second, metric.name, pair)),
    }


def _part(better: Row, worse: Row, metric: str, pair: Pair | None) -> Part:
    order = f"{better.name} before {worse.name}"
    if pair is None or pair.test.difference is None:
        return OPEN, f"the eye puts {order}, and {metric} has nothing to compare them by"
    if pair.better is better:
        return AGREE, f"both put {order}"
    if pair.better is worse:
        return DISAGREE, f"the eye puts {order}, {metric} the other way round"
    lean = pair.test.difference.mean * (1 if pair.first is better else -1)
    leans = f", leaning {'the same' if lean > 0 else 'the other'} way" if lean else ""
    return OPEN, f"the eye puts {order}, which {metric} cannot tell apart{leans}"


def _without_eye(first: Row, second: Row, metric: str, pair: Pair | None) -> str:
    if pair is None or pair.better is None:
        return f"neither tells {first.name} and {second.name} apart"
    worse = pair.other(pair.better)
    return (
        f"{metric} puts {pair.better.name} before {worse.name}, which the votes cannot tell apart"
    )
