"""comparison.csv for machines and comparison.md for people: one row a model, and two baselines."""

from collections.abc import Callable
from typing import Any

import pandas

from ganbench.record import Record, Score
from ganbench.report import words
from ganbench.report.rows import Comparison, Row

STATUSES = ("done", "collapsed", "diverged", "out_of_memory", "failed", "interrupted")
SCORE_COLUMNS = (
    "mean", "half_width", "sd", "seeds", "pictures", "reference_pictures", "extractor",
)  # fmt: skip
COST_COLUMNS = (
    "training_seconds", "target_pictures", "pictures_per_second", "peak_memory_bytes",
    "parameters", "gflop_per_step",
)  # fmt: skip


def comparison_table(comparison: Comparison) -> pandas.DataFrame:
    """One row a model (and framework), then floor and identity; a missing value stays missing.

    For each metric: mean, half-width of the 95 % interval and standard deviation over seeds,
    number of seeds, generated and reference pictures, extractor. Seconds, pictures per second and
    memory are means over the finished runs.
    """
    rows = [_model(row, comparison) for row in comparison.rows]
    rows += [
        {"row": baseline.name, "model": baseline.title} | _baseline(baseline.scores, comparison)
        for baseline in comparison.baselines.values()
    ]
    return pandas.DataFrame(rows, columns=_columns(comparison), dtype=object)


def to_csv(table: pandas.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def extractor(score: Score) -> str:
    """The network that made the features, as the metric's protocol names it."""
    return str(score.protocol.get("extractor") or score.protocol.get("weights") or "")


def mean_cost(row: Row, what: Callable[[Record], float | None]) -> float | None:
    """Mean of one cost over the finished runs that know it, or else over all that do."""
    for records in (row.finished, row.records):
        known = [value for record in records if (value := what(record)) is not None]
        if known:
            return sum(known) / len(known)
    return None


def parameters(row: Row) -> int | None:
    """Parameters of all networks together."""
    sizes = [sum(record.cost.parameters.values()) for record in row.records]
    return max(sizes, default=0) or None


def _columns(comparison: Comparison) -> list[str]:
    columns = ["row", "model", "framework", "seeds", *STATUSES]
    for score in comparison.metrics:
        columns += [f"{score.metric}_{kind}" for kind in SCORE_COLUMNS]
    return [*columns, *COST_COLUMNS]


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
    flop = mean_cost(row, lambda record: record.cost.flop_per_step)
    return values | {
        "training_seconds": mean_cost(row, lambda record: record.used.seconds),
        "target_pictures": mean_cost(row, lambda record: record.used.target_pictures),
        "pictures_per_second": mean_cost(row, lambda record: record.cost.pictures_per_second),
        "peak_memory_bytes": mean_cost(row, lambda record: record.cost.peak_memory_bytes),
        "parameters": parameters(row),
        "gflop_per_step": None if flop is None else flop / 1e9,
    }


def _scores(row: Row, score: Score) -> dict[str, Any]:
    interval = row.interval(score.metric)
    if interval is None:
        return {f"{score.metric}_seeds": 0}
    used = next(r.scores[score.metric] for r in row.finished if score.metric in r.scores)
    return {
        f"{score.metric}_mean": interval.mean,
        f"{score.metric}_half_width": interval.half_width,
        f"{score.metric}_sd": interval.deviation,
        f"{score.metric}_seeds": interval.count,
        **_protocol(used),
    }


def _baseline(scores: dict[str, Score], comparison: Comparison) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for metric in (score.metric for score in comparison.metrics):
        if metric in scores:
            values |= {f"{metric}_mean": scores[metric].value} | _protocol(scores[metric])
    return values


def _protocol(score: Score) -> dict[str, Any]:
    return {
        f"{score.metric}_pictures": score.count,
        f"{score.metric}_reference_pictures": score.reference_count,
        f"{score.metric}_extractor": extractor(score),
    }


def to_markdown(comparison: Comparison) -> str:
    """The table as Markdown, with the sample count and extractor of each metric beneath."""
    heads = ["model", *(heading(score) for score in comparison.metrics)]
    heads += ["seeds", "training", "pictures/s", "peak memory", "parameters", "GFLOP/step"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    baselines = comparison.baselines
    lines += [_baseline_cells(comparison, n, len(heads)) for n in ("floor",) if n in baselines]
    lines += [_model_cells(row, comparison) for row in comparison.rows]
    lines += [_baseline_cells(comparison, n, len(heads)) for n in ("identity",) if n in baselines]
    table = "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)
    notes = [f"- {protocol_sentence(score)}" for score in comparison.metrics]
    about = "Mean ± half-width of the 95 % interval over seeds (Student's t), finished runs only."
    return "\n".join([table, "", about, "", *notes]) + "\n"


def heading(score: Score) -> str:
    """Name of a metric with an arrow towards better."""
    return f"{score.name} {'↓' if score.better == 'lower' else '↑'}"


def protocol_sentence(score: Score) -> str:
    """How a metric was measured, in one line."""
    parts = [f"{score.name}: {score.better} is better"]
    parts.append(f"{score.count:,} generated against {score.reference_count:,} real pictures")
    parts += [extractor(score)] if extractor(score) else []
    parts += [f"version {score.version}"] + ([score.note] if score.note else [])
    return "; ".join(parts)


def _cell(text: str) -> str:
    """Text that cannot end a Markdown cell nor begin a tag in it."""
    plain = " ".join(text.split()).replace("|", "\\|")
    return plain.replace("<", "&lt;").replace(">", "&gt;")


def _model_cells(row: Row, comparison: Comparison) -> list[str]:
    cells = [row.name]
    for score in comparison.metrics:
        interval = row.interval(score.metric)
        text = words.spread(interval.mean, interval.half_width) if interval else words.MISSING
        cells.append(f"**{text}**" if row.name in comparison.tied_with_best(score.metric) else text)
    return [*cells, status_summary(row), *costs(row)]


def status_summary(row: Row) -> str:
    """3 of 3 done, or what became of the others."""
    names = [record.status.name for record in row.records]
    others = [
        f"{names.count(name)} {name.replace('_', ' ')}"
        for name in dict.fromkeys(names)
        if name != "done"
    ]
    return ", ".join([f"{names.count('done')} of {len(names)} done", *others])


def costs(row: Row) -> list[str]:
    """Training time, pictures a second, peak memory, parameters and work a step, in words."""
    return [
        words.duration(mean_cost(row, lambda record: record.used.seconds)),
        words.number(mean_cost(row, lambda record: record.cost.pictures_per_second)),
        words.memory(mean_cost(row, lambda record: record.cost.peak_memory_bytes)),
        words.millions(parameters(row)),
        words.work(mean_cost(row, lambda record: record.cost.flop_per_step)),
    ]


def _baseline_cells(comparison: Comparison, name: str, width: int) -> list[str]:
    cells = [f"*{comparison.baselines[name].title}*"]
    for score in comparison.metrics:
        cells.append(words.number(comparison.baseline(name, score.metric)))
    return cells + [words.MISSING] * (width - len(cells))
