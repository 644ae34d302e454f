"""In which precision the models of a table were trained."""

from ganbench.report import formatting
from ganbench.report.analysis.comparison import Comparison


def sentence(comparison: Comparison) -> str:
    """What to keep in mind where it was not the same for all; empty where it was."""
    found: dict[str, dict[str, None]] = {}  # the models of each, in the table's order
    for row in comparison.rows:
        for record in () if row.imported else row.records:
            told = record.environment.get("precision")
            if told is not None:
                found.setdefault(str(told), {})[row.name] = None
    if len(found) < 2:
        return ""
    named = [
        f"{formatting.some(list(names))} in {formatting.shortened(precision)}"
        for precision, names in found.items()
    ]
    return (
        f"Precision was not the same: {'; '.join(named)}. Differences in scores and speed are of"
        " that as well."
    )
