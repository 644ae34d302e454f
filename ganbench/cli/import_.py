"""`ganbench import`: a generator that was trained elsewhere becomes a run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli import said
from ganbench.cli.options import Json, Results


def import_(
    file: Annotated[Path, typer.Argument(help="Weights of a generator: .pth, .h5 or .keras.")],
    model: Annotated[
        str,
        typer.Option(
            "--as", metavar="MODEL", help="cyclegan-resnet, cyclegan-unet or dcgan: what it is."
        ),
    ],
    back: Annotated[
        Path | None, typer.Option(help="The generator from paintings to photographs.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Pixels on a side.", show_default="what it was made for")
    ] = None,
    framework: Annotated[str, typer.Option(help="pytorch or tensorflow.")] = "pytorch",
    name: Annotated[str | None, typer.Option(help="Of its folder in RESULTS/imported.")] = None,
    results: Results = Path("results"),
    as_json: Json = False,
) -> None:
    """Make a run of weights that others trained; nothing in the file is run.

    Generators of junyanz/pytorch-CycleGAN-and-pix2pix, of the PyTorch DCGAN example, and of the
    Keras tutorials' U-Net.
    """
    from ganbench.trained.import_weights import bring_in

    given = file.expanduser(), model, results, name, size, back and back.expanduser(), framework
    done = bring_in(*given)
    if as_json:
        print(json.dumps(asdict(done), default=str))
        return
    changed = ", ".join(f"{setting}={value}" for setting, value in done.changed.items())
    counts = " + ".join(f"{count:,}" for count in done.parameters.values())
    print(
        f"{done.model} ({done.framework}, {done.size} px{', ' * bool(changed)}{changed}):"
        f" {counts} parameters"
    )
    said.notes(done.notes)
    print(done.place)
