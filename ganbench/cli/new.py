"""`ganbench new`: the first file of a plugin."""

from pathlib import Path
from typing import Annotated

import typer


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="For instance my_gan.py.")],
    framework: Annotated[
        str | None, typer.Option(help="pytorch or tensorflow.", show_default="pytorch")
    ] = None,
    metric: Annotated[bool, typer.Option("--metric", help="A metric, not a model.")] = False,
    extractor: Annotated[
        bool, typer.Option("--extractor", help="A feature extractor, not a model.")
    ] = False,
    from_pictures: Annotated[
        bool, typer.Option("--from-pictures", help="A model that starts from photographs.")
    ] = False,
) -> None:
    """Write a plugin that works as it is, for you to change."""
    from ganbench.planning import new_plugin

    if metric and extractor:
        raise typer.BadParameter("--metric and --extractor are two files; name one")
    kind: new_plugin.Kind = "metric" if metric else "extractor" if extractor else "model"
    commands = new_plugin.write(file, kind, framework, from_pictures)
    print(f"{file} is written and works as it is; change it, and type")
    for command in commands:
        print(f"  {command}")
