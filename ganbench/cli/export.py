"""`ganbench export`: what a benchmark has made, for other programs."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ganbench.cli import said
from ganbench.cli.options import Json, Plugins, here
from ganbench.errors import InputError


@dataclass(frozen=True)
class Asked:
    """What was typed."""

    what: Path
    to: str
    out: Path | None
    suite: str | None
    raw: bool
    plugins: tuple[Path, ...]


@dataclass(frozen=True)
class Done:
    """What to tell: sentences, what was left out, and all of it for --json."""

    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    value: dict[str, Any]


def _to_tracker(asked: Asked) -> Done:
    """Numbers and pictures of all runs of a suite, or of one."""
    from ganbench.trackers.export import export

    _only("safetensors", raw=asked.raw, plugin=asked.plugins)
    done = export(asked.what, asked.to, asked.out, asked.suite)
    count, tally = len(done.runs), done.tally
    value = {
        "to": asked.to,
        "out": str(done.place),
        "runs": list(done.runs),
        "numbers": tally.numbers,
        "pictures": tally.pictures,
        "look": done.look,
        "left_out": tally.problems,
    }
    told = f"{count:,} run{'s' * (count != 1)}, {tally.numbers:,} numbers, "
    told += f"{tally.pictures:,} pictures: {done.place}"
    return Done((told, f"  {done.look}"), tuple(tally.problems), value)


def _to_weights(asked: Asked) -> Done:
    """The generators of a run."""
    from ganbench.trained.export_weights import export

    _only("csv", suite=asked.suite)
    done = export(str(asked.what), asked.to, asked.out, asked.raw, asked.plugins)
    drawn = f"{done.reader} draws the same, within {done.largest or 0:.1g} of [-1, 1]"
    told = (drawn,) * (done.largest is not None) + tuple(map(str, done.files))
    value = json.loads(json.dumps(asdict(done), default=str))
    return Done(told, done.notes, {"to": asked.to} | value)


def _only(other: str, **given: object) -> None:
    """InputError for an option that goes with another target only."""
    for name, value in given.items():
        if value:
            raise InputError(f"--{name} goes with another target", f"for instance --to {other}")


TARGETS: dict[str, Callable[[Asked], Done]] = {
    "tensorboard": _to_tracker,
    "csv": _to_tracker,
    "wandb-offline": _to_tracker,
    "mlflow": _to_tracker,
    "safetensors": _to_weights,
    "pth": _to_weights,
    "onnx": _to_weights,
    "keras": _to_weights,
}


def export(
    what: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS|RUN", callback=here, help="A run, or results for trackers."
        ),
    ],
    to: Annotated[str, typer.Option(help=f"One of {', '.join(TARGETS)}.")],
    out: Annotated[
        Path | None,
        typer.Option(help="New folder.", show_default="RESULTS-TARGET, or export in the run"),
    ] = None,
    suite: Annotated[str | None, typer.Option(help="Which suite; by default the newest.")] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Of weights those of the last step, not their average.")
    ] = False,
    plugins: Plugins = None,
    json_: Json = False,
) -> None:
    """Write numbers and pictures for a tracker, or a run's generators for another program."""
    if to not in TARGETS:
        raise InputError(f'nothing is exported to "{to}"', f"--to {', '.join(TARGETS)}")
    place = out and out.expanduser()
    done = TARGETS[to](Asked(what, to, place, suite, raw, tuple(plugins or ())))
    if json_:
        print(json.dumps(done.value, indent=1, ensure_ascii=False))
        return
    from ganbench.system.text import printable

    said.notes(done.notes)
    for sentence in done.sentences:
        print(printable(sentence))
