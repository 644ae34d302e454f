"""`ganbench export`: what a benchmark has made, for other tools."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ganbench.cli.options import Json
from ganbench.errors import InputError


@dataclass(frozen=True)
class Asked:
    """What was typed."""

    what: Path
    to: str
    out: Path | None
    suite: str | None


@dataclass(frozen=True)
class Done:
    """What to tell: sentences, what was left out, and all of it for --json."""

    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    value: dict[str, Any]


def _to_tracker(asked: Asked) -> Done:
    from ganbench.trackers.export import export

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


TARGETS: dict[str, Callable[[Asked], Done]] = {
    "tensorboard": _to_tracker,
    "csv": _to_tracker,
    "wandb-offline": _to_tracker,
    "mlflow": _to_tracker,
}


def export(
    what: Annotated[
        Path, typer.Argument(metavar="RESULTS|RUN", help="Results folder, or that of a run.")
    ],
    to: Annotated[str, typer.Option(help=f"One of {', '.join(TARGETS)}.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder.", show_default="RESULTS-tensorboard ...")
    ] = None,
    suite: Annotated[str | None, typer.Option(help="Which suite; by default the newest.")] = None,
    json_: Json = False,
) -> None:
    """Write numbers and pictures of finished runs for another tool; no login, no network."""
    if to not in TARGETS:
        raise InputError(f'nothing is exported to "{to}"', f"--to {', '.join(TARGETS)}")
    done = TARGETS[to](Asked(what, to, out, suite))
    if json_:
        print(json.dumps(done.value, indent=1, ensure_ascii=False))
        return
    from ganbench.system.text import printable

    for note in done.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    for sentence in done.sentences:
        print(printable(sentence))
