"""`ganbench export`: what came out, in the files of other programs."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import Json, Plugins
from ganbench.errors import InputError


@dataclass(frozen=True)
class Request:
    """What was typed."""

    what: str
    to: str
    out: Path | None
    raw: bool
    plugins: tuple[Path, ...]
    as_json: bool


def _weights(asked: Request) -> None:
    """A run's generators as files of weights or graphs."""
    from ganbench.trained.export_weights import export

    done = export(asked.what, asked.to, asked.out, asked.raw, asked.plugins)
    if asked.as_json:
        print(json.dumps(asdict(done), default=str))
        return
    for note in done.notes:
        print(f"note: {note}", file=sys.stderr)
    if done.largest is not None:
        print(f"{done.reader} draws the same, within {done.largest:.1g} of [-1, 1]")
    for path in done.files:
        print(path)


TARGETS: dict[str, Callable[[Request], None]] = {
    "safetensors": _weights,
    "onnx": _weights,
    "keras": _weights,
    "pth": _weights,
}


def export(
    what: Annotated[str, typer.Argument(metavar="RUN", help="A run, as folder or SUITE/MODEL.")],
    to: Annotated[str, typer.Option(help=f"{', '.join(TARGETS)}.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files.", show_default="export, in the run")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="The last step's weights, not their average.")
    ] = False,
    plugins: Plugins = None,
    as_json: Json = False,
) -> None:
    """Write the generators of a run for other programs."""
    if to not in TARGETS:
        raise InputError(f'there is no export to "{to}"', f"--to {' or '.join(TARGETS)}")
    place = out and out.expanduser()
    TARGETS[to](Request(what, to, place, raw, tuple(plugins or ()), as_json))
