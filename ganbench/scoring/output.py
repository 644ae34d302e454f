"""A comparison in words: the table on the terminal and the JSON file."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ganbench
from ganbench.scoring.compare_sets import Comparison, Seen
from ganbench.scoring.statistics_file import StatisticsSide
from ganbench.system.text import shown
from metrics.fid import count_note
from metrics.scoring import Result

FORMAT = 1  # of the JSON
NAMED = 5  # skipped files that are named; the JSON names all


def table(comparison: Comparison) -> str:
    """What is printed: a line a metric, then how the numbers were made."""
    generated, real = comparison.generated, comparison.real
    known = count_note(generated.count, real.count)  # said once, not behind every number
    lines = _rows(comparison.results.values(), known)
    lines += ["", f" {generated.count:,} generated ({generated.side.path}) against "
              f"{_real(real)} ({real.side.path})"]  # fmt: skip
    lines += _how(comparison)
    lines += [line for seen in (generated, real) for line in _of_side(seen)]
    lines += [f" note: {warning}" for warning in warnings(comparison)]
    return "\n".join(lines)


def _real(real: Seen) -> str:
    if not isinstance(real.side, StatisticsSide):
        return f"{real.count:,} real"
    return f"the statistics of {real.count:,} real" if real.count else "statistics of real ones"


def _rows(results: Iterable[Result], known: str) -> list[str]:
    cells = [(r.title, _value(r.value), _error(r.error), _note(r.note, known)) for r in results]
    return columns(cells, "<><<")


def columns(rows: Sequence[tuple[str, ...]], sides: str) -> list[str]:
    """Rows of cells as lines; `sides` has < or > for each column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0  # nothing stands behind it
    forms = list(zip(sides, widths, strict=True))
    return [
        "  ".join(
            ["", *(f"{cell:{side}{width}}" for cell, (side, width) in zip(row, forms, strict=True))]
        ).rstrip()[1:]
        for row in rows
    ]


def _value(value: float | None) -> str:
    """Four significant digits, written out."""
    if value is None:
        return "-"
    if value == 0 or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.3g}"
    return f"{value:,.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"


def _error(error: float | None) -> str:
    return "" if error is None else f"± {error:.2g}"


def _note(note: str, known: str) -> str:
    return "; ".join(part for part in note.split("; ") if part and part != known)


def _how(comparison: Comparison) -> list[str]:
    lines = [how(protocol) for protocol in comparison.extractors]
    if any(result.error is not None for result in comparison.results.values()):
        lines.append(" ± one standard error over other draws of generated pictures")
    return lines


def how(extractor: Mapping[str, Any]) -> str:
    """An extractor's protocol in a line."""
    engine = extractor.get("engine", "torch")
    parts = [
        f"{extractor['extractor']} {extractor['sha256'][:8]}",
        f"resize {extractor['resize']}",
        extractor["precision"],
        *([engine] if engine != "torch" else []),
    ]
    return f" {' · '.join(parts)}"


def _of_side(seen: Seen) -> list[str]:
    lines = []
    if seen.from_cache:
        lines.append(f" {seen.side.path}: features from the cache")
    skipped = seen.side.skipped()
    if skipped:
        named = "; ".join(f"{shown(name)}: {why}" for name, why in list(skipped.items())[:NAMED])
        more = f"; and {len(skipped) - NAMED} more" if len(skipped) > NAMED else ""
        plural = "s" * (len(skipped) > 1)
        lines.append(f" skipped {len(skipped)} file{plural} of {seen.side.path}: {named}{more}")
    return lines


def warnings(comparison: Comparison) -> list[str]:
    """What a reader of the numbers must know."""
    few = count_note(comparison.generated.count, comparison.real.count)
    if few:
        few += "; it compares only with numbers of the same counts"
    return [*comparison.warnings, *([few] if few else [])]


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Everything, strict JSON: a missing number is null and its note says why."""
    return {
        "format": FORMAT,
        "ganbench": ganbench.__version__,
        "generated": _side_json(comparison.generated),
        "real": _side_json(comparison.real),
        "extractor": comparison.extractors[0] if comparison.extractors else {},
        "extractors": list(comparison.extractors),
        "warnings": warnings(comparison),
        "results": [_result_json(result) for result in comparison.results.values()],
    }


def _side_json(seen: Seen) -> dict[str, Any]:
    side = seen.side
    return {
        "path": side.path,
        "count": seen.count or None,  # 0: statistics that do not say it
        "height": side.size[0] if side.size else None,
        "width": side.size[1] if side.size else None,
        "fingerprint": side.content,
        "skipped": side.skipped(),
        "features_from_cache": seen.from_cache,
    }


def _result_json(result: Result) -> dict[str, Any]:
    metric = result.metric
    return {
        "key": result.key,
        "metric": metric.name,
        "title": result.title,
        "value": result.value,
        "error": _finite(result.error),
        "better": metric.better,
        "kind": metric.kind,
        "unit": metric.unit,
        "note": result.note,
        "details": {name: _finite(value) for name, value in result.details.items()},
        "generated_count": result.count,
        "real_count": result.reference_count or None,
        "protocol": dict(result.protocol),
        "version": metric.version,
    }


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
