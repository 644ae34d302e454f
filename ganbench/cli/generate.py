"""`ganbench generate`: new pictures from noise, by a model that was trained."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli import bars, said
from ganbench.cli.options import Device, Json, Plugins, With


def generate(
    run: With,
    count: Annotated[int, typer.Option(help="How many pictures.")] = 16,
    seed: Annotated[int, typer.Option(help="Of the noise.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="New folder.", show_default="MODEL-generated-seedS")
    ] = None,
    grid: Annotated[bool, typer.Option("--grid", help="And the first 64 as one picture.")] = False,
    walk: Annotated[
        bool, typer.Option("--walk", help="And a walk through the latents, as animated WebP.")
    ] = False,
    format_: Annotated[str, typer.Option("--format", help="jpeg or png.")] = "png",
    device: Device = None,
    plugins: Plugins = None,
    json_: Json = False,
) -> None:
    """Draw pictures from noise with the model of a run; more of them go on from the first."""
    from ganbench.trained import trained_run
    from ganbench.trained.generate import Wish, generate

    found = trained_run.find(run)
    said.notes(found.notes)
    wish = Wish(count, seed, grid, walk, format_, device, tuple(plugins or ()))
    with bars.on_stderr() as on_progress:
        done = generate(found, out and out.expanduser(), wish, on_progress)
    if json_:
        print(json.dumps({
            "folder": str(done.place), "run": str(found.folder), "made": done.made,
            "kept": done.kept, "others": [str(other) for other in done.others],
        }))  # fmt: skip
        return
    print(said.drawn(done.made, done.kept, "drawn", found.name))
    for place in (done.place, *done.others):
        print(place)
