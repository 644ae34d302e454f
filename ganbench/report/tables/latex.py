"""comparison.tex for a paper: the tables of the page in booktabs, with notes, protocols, citations.

Whatever a model is called, its name is text: every letter that acts in LaTeX is written out.
"""

import re
from collections.abc import Sequence

from ganbench.record import Score
from ganbench.report import citations, formatting
from ganbench.report.analysis import conditions, extensions, style_gap
from ganbench.report.analysis.comparison import Comparison, is_measured, status_summary
from ganbench.report.tables import columns, footnotes, markdown, other_metrics
from ganbench.report.tables.columns import Cell, Column

HEAD = r"""% Needs \usepackage{booktabs}. The references are in comparison.bib.
"""
BEYOND_LATIN = r"""% Some letters are beyond Latin: use lualatex or xelatex and a font with them.
"""
CAPTIONS = (
    "Distance to the real pictures, and costs.",
    "Quality, variety, copying and translation.",
)
LAST_LATIN = "\u024f"
_ACTING = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "_": r"\_", "%": r"\%", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "[": "{[}", "]": "{]}", "*": "{*}",  # which \\ would take for its own
    "`": "{`}", '"': r"\char34{}",
    "±": r"$\pm$", "−": "$-$", "–": r"\textendash{}", "·": r"$\cdot$", "×": r"$\times$",
    "↓": r"$\downarrow$", "↑": r"$\uparrow$", "→": r"$\to$", "…": r"\ldots{}", "\ufffd": "?",
    "“": "``", "”": "''",
})  # fmt: skip


def to_latex(comparison: Comparison) -> str:
    """One or two tables, what the bold and the intervals mean, and how each number was measured."""
    notes: list[str] = []
    made, costs = columns.main(comparison), columns.costs(comparison)
    ended = Column("seeds", lambda row: Cell(status_summary(row)), lambda _: Cell(""))
    more = other_metrics.table(comparison)
    groups = [[*made[: -len(costs)], ended, *costs], *([more.columns] if more else [])]
    tables = [_tabular(comparison, group, notes) for group in groups]
    below = _below(comparison, notes)
    captions = f"{CAPTIONS[0]} {conditions.sentences(comparison)}".strip(), CAPTIONS[1]
    parts = [
        _table(tabular, captions[place], place, below if place == len(tables) - 1 else [])
        for place, tabular in enumerate(tables)
    ]
    text = "\n".join(parts)
    return HEAD + (BEYOND_LATIN if max(text) > LAST_LATIN else "") + text


def cited(comparison: Comparison) -> list[Score]:
    """The metrics whose papers are cited: those with a number."""
    return [score for score in comparison.metrics if is_measured(score)]


def escaped(text: str) -> str:
    """`text` in one line, in which no letter acts."""
    plain = " ".join(text.split()).translate(_ACTING)
    return re.sub("-(?=-)", "-{}", plain)  # two hyphens, not a dash


def _table(tabular: str, caption: str, place: int, below: list[str]) -> str:
    notes = "".join(f"\n  \\par\\smallskip\n  {line}" for line in below)
    small = "\n  \\footnotesize\\raggedright" if below else ""
    return (
        "\\begin{table*}\n  \\centering\\small\n  \\setlength{\\tabcolsep}{4pt}\n"
        f"  \\caption{{{escaped(caption)}}}\n  \\label{{tab:ganbench-{place + 1}}}\n"
        f"{tabular}{small}{notes}\n\\end{{table*}}\n"
    )


def _tabular(comparison: Comparison, made: Sequence[Column], notes: list[str]) -> str:
    lines = [["model", *(escaped(column.head) for column in made)]]
    floor, identity = (_fixed(comparison, made, name, notes) for name in ("floor", "identity"))
    models = [
        [escaped(row.name), *(_cell(column.of_row(row), notes) for column in made)]
        for row in comparison.rows
    ]
    body = [lines, *filter(None, (floor, models, identity))]
    rows = "\n    \\midrule\n".join("\n".join(map(_row, group)) for group in body)
    return (
        f"  \\begin{{tabular}}{{l{'r' * len(made)}}}\n    \\toprule\n{rows}\n"
        "    \\bottomrule\n  \\end{tabular}"
    )


def _row(cells: list[str]) -> str:
    return f"    {' & '.join(cells)} \\\\"


def _fixed(
    comparison: Comparison, made: Sequence[Column], name: str, notes: list[str]
) -> list[list[str]]:
    line = other_metrics.fixed(comparison, made, name)
    return [[rf"\emph{{{escaped(line[0])}}}", *(_cell(c, notes) for c in line[1])]] if line else []


def _cell(cell: Cell, notes: list[str]) -> str:
    """The value, bold if it is one of the best; its note by number."""
    text = escaped(cell.text or formatting.MISSING)
    text = rf"\textbf{{{text}}}" if cell.best else text
    if not cell.note:
        return text
    if cell.note not in notes:
        notes.append(cell.note)
    return rf"{text}\textsuperscript{{{notes.index(cell.note) + 1}}}"


def _below(comparison: Comparison, notes: list[str]) -> list[str]:
    """What stands below the last table: notes by number, the rule, the protocol, the papers."""
    said = [rf"\textsuperscript{{{n}}}~{escaped(note)}" for n, note in enumerate(notes, start=1)]
    lines = [" ".join(f"{note}." for note in said)] if said else []
    lines.append(escaped(markdown.about(comparison)))
    if style_gap.scale(comparison):
        lines.append(escaped(markdown.gap(comparison)))
    protocols = extensions.sentences(comparison) + footnotes.footnotes(comparison)
    lines += [" ".join(map(escaped, protocols))] if protocols else []
    return lines + _papers(comparison)


def _papers(comparison: Comparison) -> list[str]:
    """Every metric with what defined it."""
    used = cited(comparison)
    said = [rf"{escaped(score.name)}~\cite{{{','.join(keys)}}}" for score in used
            if (keys := citations.papers(score))]  # fmt: skip
    if citations.JACKKNIFE in citations.keys(used):
        said.append(rf"intervals over pictures by jackknife~\cite{{{citations.JACKKNIFE}}}")
    return [f"Metrics: {'; '.join(said)}."] if said else []
