"""`ganbench report`: the page again, from the records alone."""

from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import Price
from ganbench.errors import InputError


def report(
    results: Annotated[Path, typer.Argument(help="Results folder.")] = Path("results"),
    suite: Annotated[str | None, typer.Option(help="Which suite; by default the newest.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Leave out data pictures, host names and paths.")
    ] = False,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Leave all pictures out.")
    ] = False,
    price: Price = None,
) -> None:
    """Build report.html again from the records alone."""
    from ganbench.runner import suite_runner

    if not results.is_dir():
        raise InputError(f"there is no folder {results}", "ganbench run")
    print(suite_runner.report(results, suite, public=public, no_pictures=no_pictures, price=price))
