"""Reads records and nothing else; writes report.html, comparison.csv, .md, .tex, .bib, figures/."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from ganbench.record import Record, Results
    from ganbench.report.analysis.comparison import Comparison


@dataclass(frozen=True)
class Outcome:
    """A suite's records, and what follows from them."""

    read: "Results"
    verdict: str
    best: tuple[tuple[Path, "Record"], ...]  # the winner's runs by seed; none without a winner
    table: "pandas.DataFrame"  # as comparison.csv


def build(
    results: Path,
    suite: str | None = None,
    public: bool = False,
    no_pictures: bool = False,
    price: str | None = None,
    votes: Sequence[Path] = (),
) -> Path:
    """Write the report of a suite (the newest when none is named) and return its report.html.

    `public` leaves out pictures of the data set, host names and paths. `price`: of an hour of the
    machine, instead of the suite's. `votes` are files of the page's blind vote, one a voter: they
    are counted into this page and not kept. Raises InputError when there is nothing to report, the
    folder cannot be written, or votes are not on this page.
    """
    from ganbench import price as prices
    from ganbench import record
    from ganbench.report import citations, page, redact, sanitize
    from ganbench.report.analysis import vote_file
    from ganbench.report.analysis.comparison import compare
    from ganbench.report.figures import svg
    from ganbench.report.tables import csv_table, latex, markdown
    from ganbench.system import files

    read = sanitize.guarded(record.read_results(results, suite))
    read = redact.scrubbed(read) if public else read
    files.ensure_writable(results)
    comparison = compare(read, prices.parse(price) if price else None)
    cast = [(path, vote_file.read(path)) for path in votes]
    made = page.assemble(read, comparison, public, not no_pictures, cast)
    with files.building(results / "figures") as folder:
        for figure in made.figures:
            files.write_text(folder / f"{figure.name}.svg", svg.for_file(figure.svg))
        folder.mkdir(exist_ok=True)
    files.write_text(
        results / "comparison.csv", csv_table.to_csv(csv_table.comparison_table(comparison))
    )
    files.write_text(results / "comparison.md", markdown.to_markdown(comparison))
    files.write_text(results / "comparison.tex", latex.to_latex(comparison))
    files.write_text(results / "comparison.bib", citations.bibtex(latex.cited(comparison)) + "\n")
    files.write_text(results / "report.html", made.html)
    return results / "report.html"


def outcome(results: Path, suite: str | None = None) -> "Outcome":
    """What the report says of a suite, as values."""
    from ganbench.report.analysis.verdict import decide, winner
    from ganbench.report.tables import csv_table

    read, comparison = _compared(results, suite)
    verdict = decide(read, comparison)
    best = winner(verdict, comparison)
    table = csv_table.comparison_table(comparison)
    return Outcome(read, verdict.text, best.runs if best else (), table)


def conclusion(results: Path, suite: str | None = None) -> str:
    """The verdict of a suite in plain words, for the terminal."""
    return closing(results, suite)[0]


def closing(results: Path, suite: str | None = None) -> tuple[str, str]:
    """The verdict in plain words, and what the best finished translator is called, if there is one.

    The name is what `--with` takes behind the suite's.
    """
    from ganbench.report.analysis.verdict import decide

    read, comparison = _compared(results, suite)
    rows = [row for row in comparison.rows if row.finished and row.source == "pictures"]
    frameworks = {row.framework for row in comparison.rows}
    name = ""
    if rows:
        name = f"{rows[0].label}.{rows[0].framework}" if len(frameworks) > 1 else rows[0].label
    return decide(read, comparison).text, name


def _compared(results: Path, suite: str | None) -> "tuple[Results, Comparison]":
    from ganbench import record
    from ganbench.report import sanitize
    from ganbench.report.analysis.comparison import compare

    read = sanitize.guarded(record.read_results(results, suite))
    return read, compare(read)
