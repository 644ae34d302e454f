"""`ganbench card`: the verdict as one picture, to share."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import Json, here
from ganbench.errors import InputError


def card(
    results: Annotated[
        Path, typer.Argument(callback=here, help="Results folder, or a suite in it.")
    ] = Path("results"),
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.png", show_default="RESULTS/card.png")
    ] = None,
    suite: Annotated[str | None, typer.Option(help="Which suite; by default the newest.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Leave out data pictures, host names and paths.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Draw the verdict, a row of pictures and three numbers as a PNG of 1200 x 630 pixels."""
    from ganbench.report import card as drawn
    from ganbench.system import files
    from ganbench.system.text import printable

    if not results.is_dir():
        raise InputError(f"there is no folder {results}", "ganbench run")
    file = results / "card.png" if out is None else out
    if file.is_dir() or file.suffix.lower() != ".png":
        folder = file if file.is_dir() else file.parent
        raise InputError(f"--out {file} is no name of a PNG", f"--out {folder / 'card.png'}")
    files.check_writable(file.parent)
    made = drawn.build(results, file, suite, public)
    if as_json:
        print(json.dumps(drawn.as_json(made, file), indent=1, ensure_ascii=False))
        return
    print(file)
    for problem in made.problems:
        print(printable(f" note: {problem}"))
