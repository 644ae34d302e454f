"""`ganbench ls`: all runs below a results folder."""

import json
import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ganbench.cli import said
from ganbench.cli.options import Json

if TYPE_CHECKING:
    from ganbench.runner.run_list import Listed

HEAD = ("suite", "model", "framework", "seed", "budget", "status", "score", "size")
NARROWEST = 8  # letters of a column that is cut to fit the terminal
PARTIAL = ("training", "interrupted", "failed", "out_of_memory")  # of which one asks how far


def ls(
    results: Annotated[
        str,
        typer.Argument(
            metavar="RESULTS", help="Results folder, one suite or run in it, or an address."
        ),
    ] = "results",
    as_json: Json = False,
) -> None:
    """List all runs of a results folder: status, score, size, and what would continue."""
    from ganbench.runner import run_list
    from ganbench.runner.mirror import fetched

    place, notes = fetched(results)
    runs, problems = run_list.find(place.folder, place.mirror.address if place.mirror else None)
    problems = notes + problems
    if as_json:
        value = {
            "results": str(place.folder.absolute()),
            "bytes": sum(run.bytes for run in runs),
            "runs": [run.as_json() for run in runs],
            "problems": problems,
        }
        print(json.dumps(value, indent=1, allow_nan=False))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in table(runs, width):
        print(line)
    said.notes(problems)


def table(runs: "list[Listed]", width: int | None) -> list[str]:
    """One line a run; on a terminal so many letters wide, with the commands below.

    Without a width nothing is cut, and each line ends with its command.
    """
    rows = [HEAD, *map(_cells, runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    if width is None:
        commands = ["continue with", *(run.command for run in runs)]
        last = commands if any(commands[1:]) else [""] * len(rows)
        ended = (f"{_line(row, widths)}  {end}" for row, end in zip(rows, last, strict=True))
        return [line.rstrip() for line in ended]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = [_line(row, widths).rstrip() for row in rows]
    commands = list(dict.fromkeys(run.command for run in runs if run.command))
    more = ["", *(f"continue with: {command}" for command in commands)]
    return lines + more * bool(commands)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [cell if len(cell) <= most else f"{cell[: most - 1]}…"
             for cell, most in zip(row, widths, strict=True)]  # fmt: skip
    right = ("seed", "size")
    return "  ".join(
        f"{cell:>{most}}" if name in right else f"{cell:<{most}}"
        for name, cell, most in zip(HEAD, cells, widths, strict=True)
    )


def _cells(run: "Listed") -> tuple[str, ...]:
    """A run in words, of which some are a stranger's."""
    from ganbench.report.formatting import number
    from ganbench.system.text import shown

    value = run.primary.value if run.primary else None
    score = f"{run.primary.name} {number(value)}" if run.primary and value is not None else ""
    seed = "" if run.seed is None else str(run.seed)
    cells = (run.suite, run.label, run.framework, seed, run.budget, _status(run), score)
    return tuple(shown(" ".join(cell.split())) for cell in (*cells, _size(run.bytes)))


def _size(count: int) -> str:
    from ganbench.system.text import size_words

    return size_words(count) if count >= 2**20 else f"{-(-count // 1024)} KiB"


def _status(run: "Listed") -> str:
    status = run.status.replace("_", " ")
    if run.status in PARTIAL and run.progress is not None:
        status += f" at {run.progress:.0%}"
    if not run.current:
        status += ", earlier"
    return f"{status}: {run.reason}" if run.reason else status
