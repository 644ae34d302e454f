"""comparison.md for people: the tables of the page, and how each number was measured."""

import re
from collections.abc import Sequence

from ganbench.report import formatting
from ganbench.report.analysis import (
    agreement,
    conditions,
    extensions,
    pairwise_tests,
    style_gap,
)
from ganbench.report.analysis.comparison import Comparison, status_summary
from ganbench.report.tables import columns, footnotes, other_metrics
from ganbench.report.tables.columns import Cell, Column

ABOUT = (
    "Mean ± half-width of the 95 % interval over seeds (Student's t), finished runs only. Bold: "
    "the best, and all that its seeds cannot tell from it (Holm over all pairs; one seed tells "
    "nothing); where that is every model, none. The interval over pictures stands in "
    "comparison.csv."
)
GAP = (
    "Style gap closed = 100 × ({0} of untouched photographs − {0} of the model) / ({0} of "
    "untouched photographs − {0} of the floor): 0 % is the untouched photographs, 100 % real "
    "paintings against other real paintings. Its interval takes both ends as they are."
)
COPYING = (
    " Above 100 % a model lies nearer to the paintings it learned from than other paintings do: "
    "look for copying."
)
_MARKS = re.compile(r"[\\|`\[\]]")


def to_markdown(comparison: Comparison) -> str:
    """Both tables, what can be told apart, the formula of the style gap and the protocols."""
    more = other_metrics.table(comparison)
    parts = [_main(comparison)]
    parts += [_table(comparison, more.columns)] if more else []
    parts += [_cell(said)] if (said := conditions.sentences(comparison)) else []
    parts.append(about(comparison))
    found = pairwise_tests.finding(pairwise_tests.pairs(comparison))
    parts += [_cell(found)] if found else []
    judges = agreement.agreement(comparison)
    parts += [" ".join(map(_cell, judges.sentences))] if judges else []
    parts += [gap(comparison)] if style_gap.scale(comparison) else []
    notes = extensions.sentences(comparison) + footnotes.footnotes(comparison)
    parts.append("\n".join(f"- {_cell(note)}" for note in notes))
    return "\n\n".join(parts) + "\n"


def about(comparison: Comparison) -> str:
    """What the intervals and the bold mean, and whether there are several seeds at all."""
    return f"{ABOUT} {columns.one_seed_each(comparison)}".strip()


def gap(comparison: Comparison) -> str:
    """What the style gap is, where there is one."""
    ends = style_gap.scale(comparison)
    assert ends
    return GAP.format(ends.kid.name) + ("" if conditions.held_out(comparison) else COPYING)


def _main(comparison: Comparison) -> str:
    """Distances, then how the runs ended, then costs."""
    made, costs = columns.main(comparison), columns.costs(comparison)
    ended = Column("seeds", lambda row: Cell(status_summary(row)), lambda _: Cell(""))
    return _table(comparison, [*made[: -len(costs)], ended, *costs])


def _table(comparison: Comparison, made: Sequence[Column]) -> str:
    lines = [["model", *(column.head for column in made)], ["---", *["---:"] * len(made)]]
    lines += _fixed(comparison, made, "floor")
    lines += [[row.name, *(_text(column.of_row(row)) for column in made)]
              for row in comparison.rows]  # fmt: skip
    lines += _fixed(comparison, made, "identity")
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _fixed(comparison: Comparison, made: Sequence[Column], name: str) -> list[list[str]]:
    line = other_metrics.fixed(comparison, made, name)
    return [[f"*{line[0]}*", *(_text(cell) for cell in line[1])]] if line else []


def _text(cell: Cell) -> str:
    plain = cell.text or formatting.MISSING
    plain = f"**{plain}**" if cell.best else plain
    return f"{plain} ({cell.note})" if cell.note else plain


def _cell(text: str) -> str:
    """Text that cannot end a Markdown cell nor begin a tag, a link or code in it."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(r"\\\g<0>", plain)
