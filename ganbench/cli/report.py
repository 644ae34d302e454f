"""`ganbench report`: the page again, from the records alone."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ganbench.cli import said
from ganbench.cli.options import Price, ResultsArgument
from ganbench.errors import InputError


def report(
    results: ResultsArgument = "results",
    suite: Annotated[str | None, typer.Option(help="Which suite; by default the newest.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Leave out data pictures, host names and paths.")
    ] = False,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Leave all pictures out.")
    ] = False,
    price: Price = None,
    votes: Annotated[
        list[Path] | None,
        typer.Option(
            "--votes",
            metavar="FILE",
            help="Count a votes.json of the page's blind vote; repeatable, one a voter. "
            "Not kept: give it again for the next page.",
        ),
    ] = None,
) -> None:
    """Build report.html again from the records alone.

    Its blind vote shows two pictures without names; keys 1, 2 and 0 answer, and "download
    votes.json" writes the file for --votes: win rates with intervals, and whether eye and metric
    agree. Of an address the results are fetched first; the page is made beside them, here.
    """
    from ganbench.report import conclusion
    from ganbench.runner import suite_runner
    from ganbench.runner.mirror import fetched

    place, notes = fetched(results, suite)
    said.notes(notes)
    folder = place.folder
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", "ganbench run")
    options: dict[str, Any] = {"public": public, "no_pictures": no_pictures, "price": price}
    page = suite_runner.report(folder, suite, votes=votes or (), **options)
    print(conclusion(folder, suite), file=sys.stderr)
    print(page)
