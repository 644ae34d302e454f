"""`ganbench compare`: what became of every model from one result to another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganbench.cli.options import Json, here

if TYPE_CHECKING:
    from ganbench.report.analysis.before_after import Change
    from ganbench.report.compare import Compared

MISSED = 4  # exit code of a missed gate
WIDEST = 48  # cells of a name
MARKS = {"better": "+", "worse": "-", "broke": "!", "not comparable": "?"}


def compare(
    before: Annotated[
        Path,
        typer.Argument(
            metavar="A", callback=here, help="Before: results folder, suite or report.html."
        ),
    ],
    after: Annotated[Path, typer.Argument(metavar="B", callback=here, help="After, likewise.")],
    metric: Annotated[
        str | None,
        typer.Option(help="Compare by this one.", show_default="what decided"),
    ] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if",
            metavar="GATE",
            help='Exit code 4 if so: "lite0_kd>5%", "fwd>+0.1", "lite0_recall<-0.05"; repeatable.',
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare two results, model by model: better, worse, or that it cannot be told."""
    from ganbench.report import compare as comparing
    from ganbench.system.text import printable

    sides = comparing.read(before), comparing.read(after)
    found = comparing.between(*sides, metric, fail_if or ())
    if as_json:
        value = comparing.as_json(found)
        print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(map(printable, _lines(found))))
    raise typer.Exit(MISSED if found.misses else 0)


def _lines(found: "Compared") -> list[str]:
    from ganbench.report import formatting

    lines = [f" {formatting.heading(found.score)}   {_rule(found)}"]
    lines += _table(found.changes)
    lines += [f" note: {note}" for note in found.notes]
    lines += [f" missed: {miss.sentence}" for miss in found.misses]
    missed = {miss.gate.text for miss in found.misses}
    lines += [f" passed: {gate.text}" for gate in found.gates if gate.text not in missed]
    return lines


def _rule(found: "Compared") -> str:
    rule = "after − before, paired by seed, 95 %"
    return rule + (f"; Holm over {found.tested} models" if found.tested > 1 else "")


def _table(changes: "tuple[Change, ...]") -> list[str]:
    cells = [_cells(change) for change in changes]
    widths = [max(_width(line[place]) for line in cells) for place in range(4)]
    made = []
    for change, line in zip(changes, cells, strict=True):
        padded = [text + " " * (width - _width(text))
                  for text, width in zip(line, widths, strict=False)]  # fmt: skip
        mark = MARKS.get(change.verdict, " ")
        made.append(f" {mark} {'   '.join([*padded, line[4]])}".rstrip())
    return made


def _cells(change: "Change") -> tuple[str, str, str, str, str]:
    """Name, before -> after, difference, interval, word with its reasons."""
    from ganbench.report import formatting
    from ganbench.report.analysis.before_after import GONE, MENDED, NEW, NOT_COMPARABLE

    known = [abs(value) for value in (change.before, change.after) if value]
    like = min(known, default=0.0)
    before, after = (formatting.number(v, like) for v in (change.before, change.after))
    missing = {NEW: ("", after), GONE: (before, ""), MENDED: (change.ended, after)}
    if change.verdict in missing:
        before, after = missing[change.verdict]
    elif change.after is None and change.ended:
        after = change.ended
    amount, interval = change.amount, change.difference
    difference = "" if amount is None else formatting.number(amount)
    between = ""
    if interval is not None and interval.half_width is not None:
        between = formatting.between(interval.low, interval.high)
    said = change.verdict
    if change.reasons and change.verdict != NOT_COMPARABLE:  # that is told once, below
        said += f" ({'; '.join(change.reasons)})"
    elif change.verdict in (NEW, GONE) and change.ended:
        said += f" ({change.ended})"
    name = _shortened(change)
    return name, f"{before} -> {after}".strip(), difference, between, said


def _shortened(change: "Change") -> str:
    from ganbench.report import formatting

    ending = change.name.removeprefix(change.label)
    return formatting.shortened(change.label, WIDEST - len(ending)) + ending


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
