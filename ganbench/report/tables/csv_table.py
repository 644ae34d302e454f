"""comparison.csv: one row a model and one for each row that nobody trained; nothing is left out."""

from typing import Any

import pandas

from ganbench.record import Score
from ganbench.report import sanitize
from ganbench.report.analysis import conditions, machines, style_gap, uncertainty
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.analysis.costs import (
    COMPILE,
    ENERGY,
    FLOP,
    MEMORY,
    SECONDS,
    SPEED,
    START,
    mean_cost,
    mean_money,
    parameters,
)
from ganbench.report.formatting import extractor

STATUSES = (
    "done", "collapsed", "diverged", "out_of_memory", "failed", "interrupted", "imported",
)  # fmt: skip
SCORE_COLUMNS = (
    "mean", "half_width_over_seeds", "half_width_over_pictures", "sd", "seeds", "pictures",
    "reference_pictures", "extractor",
)  # fmt: skip
GAP_COLUMNS = (
    "style_gap_percent_mean", "style_gap_percent_half_width_over_seeds",
    "style_gap_percent_half_width_over_pictures",
)  # fmt: skip
MACHINE = "machine"  # its number, where there are several kinds of them
COST_COLUMNS = (
    "training_seconds", "target_pictures", "pictures_per_second", "peak_memory_bytes",
    "parameters", "gflop_per_step", "start_seconds", "compile_seconds", "energy_joules", "money",
)  # fmt: skip
CONDITION_COLUMNS = ("pixels", "budget", "profile", "held_out_paintings")


def comparison_table(comparison: Comparison) -> pandas.DataFrame:
    """One row a model (and framework), then floor and identity; a missing value stays missing.

    For each metric: mean, half-widths of two 95 % intervals (over seeds, Student's t; over the
    pictures of one run, jackknife), standard deviation over seeds, number of seeds, generated and
    reference pictures, extractor. Seconds, pictures per second and memory are means over the
    finished runs.
    """
    rows = [_model(row, comparison) for row in comparison.rows]
    rows += [
        {"row": baseline.name, "model": baseline.title}
        | _baseline(baseline.name, baseline.scores, comparison)
        for baseline in comparison.baselines.values()
    ]
    return pandas.DataFrame(rows, columns=_columns(comparison), dtype=object)


def to_csv(table: pandas.DataFrame) -> str:
    """The table as CSV. Text that a spreadsheet would take for a formula, because it begins with
    = + - or @, gets an apostrophe in front, and every text is one line; numbers stay as they are.
    """
    lines = [[_cell(value) for value in line] for line in table.itertuples(index=False)]
    safe = pandas.DataFrame(lines, columns=[_cell(c) for c in table.columns], dtype=object)
    return safe.to_csv(index=False, lineterminator="\n")


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = sanitize.name(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _columns(comparison: Comparison) -> list[str]:
    columns = ["row", "model", "framework", "seeds", *STATUSES]
    for score in comparison.metrics:
        columns += [f"{score.metric}_{kind}" for kind in SCORE_COLUMNS]
        columns += GAP_COLUMNS if score is comparison.primary else ()
    several = machines.machines(comparison).several
    return [*columns, *COST_COLUMNS, *([MACHINE] if several else []), *CONDITION_COLUMNS]


def _model(row: Row, comparison: Comparison) -> dict[str, Any]:
    names: list[str] = [record.status.name for record in row.records]
    values: dict[str, Any] = {
        "row": "model",
        "model": row.label,
        "framework": row.framework,
        "seeds": len(names),
        **{status: names.count(status) for status in STATUSES},
    }
    for score in comparison.metrics:
        values |= _scores(row, score)
    values |= _gap(row, comparison)
    flop = mean_cost(row, FLOP)
    values |= _speeds(row, comparison) | _conditions(row, comparison)
    return values | {
        "target_pictures": mean_cost(row, lambda record: record.used.target_pictures),
        "peak_memory_bytes": mean_cost(row, MEMORY),
        "parameters": parameters(row),
        "gflop_per_step": None if flop is None else flop / 1e9,
    }


def _speeds(row: Row, comparison: Comparison) -> dict[str, Any]:
    """What depends on the machine; nothing of a row whose seeds were on several kinds of them."""
    found = machines.machines(comparison)
    parts = found.parts(row) if found.several else {}
    if len(parts) > 1:
        return {MACHINE: " and ".join(map(str, parts))}
    return {
        "training_seconds": mean_cost(row, SECONDS),
        "pictures_per_second": mean_cost(row, SPEED),
        "start_seconds": mean_cost(row, START),
        "compile_seconds": mean_cost(row, COMPILE),
        "energy_joules": mean_cost(row, ENERGY),
        "money": mean_money(row, comparison.price) if comparison.price else None,
        MACHINE: next(map(str, parts), None),
    }


def _conditions(row: Row, comparison: Comparison) -> dict[str, Any]:
    """Nothing of a model that was trained elsewhere, nor where its seeds were not alike."""
    if row.imported:
        return {}
    sizes, budgets = ({getattr(run, of) for run in row.records} for of in ("size", "budget"))
    return {
        "pixels": sizes.pop() if len(sizes) == 1 else None,
        "budget": budgets.pop() if len(budgets) == 1 else None,
        "profile": comparison.profile or None,
        "held_out_paintings": conditions.held_out(comparison),
    }


def _gap(row: Row, comparison: Comparison) -> dict[str, Any]:
    ends = style_gap.scale(comparison)
    interval = style_gap.closed(row, ends) if ends else None
    if ends is None or interval is None:
        return {}
    halves = interval.half_width, style_gap.over_pictures(row, ends)
    return dict(zip(GAP_COLUMNS, (interval.mean, *halves), strict=True))


def _scores(row: Row, score: Score) -> dict[str, Any]:
    interval = row.interval(score.metric)
    if interval is None:
        alone = next(iter(row.imported_values(score.metric).values()), None)
        mean = {} if alone is None else {f"{score.metric}_mean": alone}
        return {f"{score.metric}_seeds": 0} | mean
    used = next(r.scores[score.metric] for r in row.finished if score.metric in r.scores)
    return {
        f"{score.metric}_mean": interval.mean,
        f"{score.metric}_half_width_over_seeds": interval.half_width,
        f"{score.metric}_half_width_over_pictures": uncertainty.over_pictures(row, score.metric),
        f"{score.metric}_sd": interval.deviation,
        f"{score.metric}_seeds": interval.count,
        **_protocol(used),
    }


def _baseline(name: str, scores: dict[str, Score], comparison: Comparison) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for metric in (score.metric for score in comparison.metrics):
        if metric in scores:
            values |= {f"{metric}_mean": scores[metric].value} | _protocol(scores[metric])
            error = scores[metric].error
            if error is not None:
                values[f"{metric}_half_width_over_pictures"] = uncertainty.NORMAL * error
    if style_gap.scale(comparison):
        values[GAP_COLUMNS[0]] = 0.0 if name == "identity" else 100.0
    return values


def _protocol(score: Score) -> dict[str, Any]:
    return {
        f"{score.metric}_pictures": score.count,
        f"{score.metric}_reference_pictures": score.reference_count,
        f"{score.metric}_extractor": extractor(score),
    }
