"""`ganbench merge`: one suite's runs from several results folders, in one."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli.options import here

NAMED = 10  # missing runs, before "more"


def merge(
    folders: Annotated[
        list[str],
        typer.Argument(
            metavar="A B ...", help="Results folders or addresses with runs of a suite."
        ),
    ],
    into: Annotated[
        Path,
        typer.Option(
            "--into", metavar="RESULTS", callback=here, help="Results folder for all of them."
        ),
    ],
    suite: Annotated[
        str | None, typer.Option(help="Which suite, where a folder holds several.")
    ] = None,
) -> None:
    """Put the runs of one suite from several folders together, and build report.html there.

    For shards (ganbench run --shard 2/4) that ran on several machines. Other suites, data, versions
    of ganbench or metrics are refused, each difference with both its sides. What was merged before
    stays: a second merge adds to it. The folders themselves are only read.
    """
    from ganbench.runner import merge as merging
    from ganbench.runner.mirror import fetched
    from ganbench.system.text import printable, some_of

    command = "ganbench " + shlex.join(sys.argv[1:])
    places = [fetched(folder, suite, weights=True) for folder in folders]
    found = merging.merge([place.folder for place, _ in places], into, suite, command)
    lines = [f" note: {note}" for _, notes in places for note in notes]
    lines += [f" note: {note}" for note in found.notes]
    of = found.runs + len(found.missing)
    lines.append(f" {found.runs} of {of} runs of {found.folder.name} are there")
    if found.missing:
        lines.append(f" not there yet, or not ended: {some_of(found.missing, NAMED)}")
        lines.append(f" what trains them:  {found.command}")
    lines.append(f" {found.page}")
    print("\n".join(map(printable, lines)))
