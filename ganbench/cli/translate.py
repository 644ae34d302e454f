"""`ganbench translate`: photographs to paintings, by a model that was trained."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli import bars, said
from ganbench.cli.options import Device, Json, Plugins, With


def translate(
    photographs: Annotated[
        str, typer.Argument(help="Folder, zip, TFRecords or one picture, of any size.")
    ],
    run: With,
    out: Annotated[
        Path | None, typer.Option(help="New folder.", show_default="PHOTOGRAPHS-MODEL")
    ] = None,
    back: Annotated[bool, typer.Option("--back", help="And photographs again of these.")] = False,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="The other way: paintings to photographs.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Cut to a square and shrink to the model's size first.")
    ] = False,
    side: Annotated[
        int | None,
        typer.Option(
            help="Shrink first, to so many pixels on the shorter side.",
            show_default="4 times the model's",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Shrink nothing: in large pictures tiles repeat.")
    ] = False,
    format_: Annotated[str, typer.Option("--format", help="jpeg or png.")] = "jpeg",
    device: Device = None,
    plugins: Plugins = None,
    json_: Json = False,
) -> None:
    """Paint photographs with the model of a run; the same command goes on where it was stopped."""
    from ganbench.trained import trained_run
    from ganbench.trained.translate import Wish, translate

    found = trained_run.find(run)
    said.notes(found.notes)
    wish = Wish(back, reverse, whole, side, full, format_, device, tuple(plugins or ()))
    try:
        with bars.on_stderr() as on_progress:
            done = translate(photographs, found, out and out.expanduser(), wish, on_progress)
    except KeyboardInterrupt:
        print("stopped: the same command goes on", file=sys.stderr)
        raise
    if json_:
        print(json.dumps({
            "folder": str(done.place), "index": str(done.index), "run": str(found.folder),
            "made": done.made, "kept": done.kept, "shrunk": done.shrunk,
            "skipped": [{"name": one.name, "reason": one.reason} for one in done.skipped],
        }))  # fmt: skip
        return
    said.left_out(done.skipped)
    print(said.drawn(done.made, done.kept, "painted", found.name))
    if done.shrunk:
        print(f"{done.shrunk} larger than the model knows, so shrunk to {done.side} px on the "
              "shorter side; --full does not")  # fmt: skip
    print(done.index)
