"""What stands below the tables: missing numbers with their reasons, notes, and protocols."""

from collections.abc import Callable

from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis import machines, style_gap
from ganbench.report.analysis.comparison import Comparison, Row, is_measured
from ganbench.report.tables import columns

COARSE = "{}: through random weights, which see little (docs/extractors.md): a coarse judge."
MOST_NAMES = 24  # of metrics measured alike, in one line


def footnotes(comparison: Comparison) -> list[str]:
    """Why numbers are missing, what was noted beside others, and how each one was measured."""
    said = [sentence] if (sentence := machines.sentence(comparison)) else []
    said += [f"Missing: {what}." for what in _gathered(comparison, _why)]
    if comparison.metrics and style_gap.why_not(comparison):
        said.append(f"Missing: {style_gap.NAME}; {style_gap.why_not(comparison)}.")
    ends = style_gap.scale(comparison)
    said += [COARSE.format(style_gap.NAME)] if ends and ends.kid.metric.startswith("random") else []
    said += [f"{what}." for what in _gathered(comparison, _note)]
    return said + _protocols(comparison) + _floor(comparison)


def _floor(comparison: Comparison) -> list[str]:
    """That the floor compares other numbers of pictures than the models, where it does."""
    scores = comparison.baselines["floor"].scores if "floor" in comparison.baselines else {}
    floor = next((s for s in scores.values() if s.value is not None), None)
    if floor is None or floor.metric not in {s.metric for s in comparison.metrics}:
        return []
    mine = next(s for s in comparison.metrics if s.metric == floor.metric)
    if (floor.count, floor.reference_count) == (mine.count, mine.reference_count):
        return []
    return [
        f"The floor compares {formatting.against(floor)}: numbers that move with that, as all but"
        " kernel distances do, are no bound for a model."
    ]


def _why(row: Row, score: Score) -> str:
    """Why finished runs have no number; nothing where there is one, or no finished run."""
    if row.values(score.metric) or not row.finished:
        return ""
    why = columns.why_missing(row, score)
    return "" if why == columns.NO_NUMBER else why


def _note(row: Row, score: Score) -> str:
    """What the first finished run noted beside its number."""
    scores = [record.scores.get(score.metric) for record in row.finished]
    return next((found.note for found in scores if found and found.value is not None), "")


def _gathered(comparison: Comparison, said: Callable[[Row, Score], str]) -> list[str]:
    """Each remark once, behind the metrics and the models that it is about."""
    metrics: dict[str, list[str]] = {}
    rows: dict[str, list[str]] = {}
    for score in comparison.metrics:
        for row in comparison.rows:
            if remark := said(row, score).rstrip("."):
                metrics.setdefault(remark, []).append(score.name)
                rows.setdefault(remark, []).append(row.name)
    everybody = sum(bool(row.finished) for row in comparison.rows)
    return [
        f"{_listed(metrics[remark])}{_whom(rows[remark], everybody)}; {remark}"
        for remark in metrics
    ]


def _listed(names: list[str]) -> str:
    return formatting.some(list(dict.fromkeys(names)))


def _whom(rows: list[str], everybody: int) -> str:
    return "" if len(set(rows)) == everybody else f" for {_listed(rows)}"


def _protocols(comparison: Comparison) -> list[str]:
    """How metrics were measured: a line for all that were measured alike."""
    alike: dict[str, list[str]] = {}
    for score in comparison.metrics:
        if is_measured(score):
            alike.setdefault(_measured(score), []).append(formatting.heading(score))
    return [f"{', '.join(_first(names))}: {how}." for how, names in alike.items()]


def _first(names: list[str]) -> list[str]:
    more = len(names) - MOST_NAMES
    return [*names[:MOST_NAMES], f"{more} more"] if more > 1 else names


def _measured(score: Score) -> str:
    parts = [f"{score.count:,} generated against {score.reference_count:,} real pictures"]
    parts = [formatting.against(score)] if score.kind == "translation" else parts
    parts += [formatting.extractor(score)] if formatting.extractor(score) else []
    return "; ".join([*parts, f"version {score.version}"])
