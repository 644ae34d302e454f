"""Reads records and nothing else; writes report.html, comparison.csv, comparison.md, figures/."""

from pathlib import Path


def build(
    results: Path, suite: str | None = None, public: bool = False, no_pictures: bool = False
) -> Path:
    """Write the report of a suite (the newest when none is named) and return its report.html.

    `public` leaves out pictures of the data set, host names and paths. Raises InputError when
    there is nothing to report or the folder cannot be written.
    """
    from ganbench import files, record
    from ganbench.report import guard, markdown, page, private, rows, svg, tables

    read = guard.guarded(record.read_results(results, suite))
    read = private.scrubbed(read) if public else read
    files.ensure_writable(results)
    comparison = rows.compare(read)
    made = page.assemble(read, comparison, public, not no_pictures)
    with files.building(results / "figures") as folder:
        for figure in made.figures:
            files.write_text(folder / f"{figure.name}.svg", svg.for_file(figure.svg))
        folder.mkdir(exist_ok=True)
    files.write_text(results / "comparison.csv", tables.to_csv(tables.comparison_table(comparison)))
    files.write_text(results / "comparison.md", markdown.to_markdown(comparison))
    files.write_text(results / "report.html", made.html)
    return results / "report.html"


def conclusion(results: Path, suite: str | None = None) -> str:
    """The verdict of a suite in plain words, for the terminal."""
    from ganbench import record
    from ganbench.report import guard, rows
    from ganbench.report.verdict import judge

    read = guard.guarded(record.read_results(results, suite))
    return judge(read, rows.compare(read)).text
