"""`ganbench submit`: the zip that Kaggle's competition of painters takes."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganbench.cli import bars, said
from ganbench.cli.options import Device, InceptionWeights, Json, Plugins, User
from ganbench.errors import InputError

if TYPE_CHECKING:
    from ganbench.data.store import Skipped
    from ganbench.trained.kaggle_estimate import Estimate
    from ganbench.trained.submit import Submission
    from ganbench.trained.trained_run import TrainedRun


def submit(
    run: Annotated[
        str | None,
        typer.Option("--with", metavar="RUN", help="A run's folder, or SUITE/MODEL for its best."),
    ] = None,
    pictures: Annotated[
        str | None, typer.Option(help="Instead: a folder or zip of pictures made before.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(metavar="ZIP", help="Only see whether Kaggle would take it.")
    ] = None,
    photographs: Annotated[
        str | None,
        typer.Option(help="7,000 to 10,000 to paint.", show_default="what it was trained on"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New folder.", show_default="MODEL-kaggle")] = (
        None
    ),
    resize: Annotated[
        bool, typer.Option("--resize", help="Bring pictures of another size to 256x256.")
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate/--no-estimate", help="MiFID against paintings we have.")
    ] = True,
    paintings: Annotated[
        str | None,
        typer.Option(help="For the estimate.", show_default="what the run was trained on"),
    ] = None,
    inception_weights: InceptionWeights = None,
    user: User = None,
    device: Device = None,
    plugins: Plugins = None,
    json_: Json = False,
) -> None:
    """Paint and pack Kaggle's images.zip, check it, and say what to type; nothing is sent."""
    from ganbench.data.run_samples import place_of
    from ganbench.trained import kaggle_estimate, kaggle_names, kaggle_notebook, trained_run
    from ganbench.trained import submit as submitting

    _one_of(run, pictures, check)
    if check:
        raise typer.Exit(_check(place_of(str(check)), json_))
    name = kaggle_names.user(user)
    against = kaggle_estimate.Wish(paintings, inception_weights, device)
    if estimate:
        kaggle_estimate.check(against)
    found = trained_run.find(run) if run else None
    said.notes(found.notes if found else ())
    wish = submitting.Wish(photographs, resize, device, tuple(plugins or ()))
    place = place_of(str(out)) if out else None
    notebook = guess = None
    with bars.on_stderr() as tick:
        if found:
            done = submitting.of_run(found, place, wish, tick)
            notebook = kaggle_notebook.write(done.place, found, name, resize)
        else:
            done = submitting.of_pictures(str(pictures), place, wish, tick)
        if estimate:
            guess = kaggle_estimate.estimate(done.file, found, against, tick)
    typed = [submitting.by_hand(done, found.name if found else "ganbench")]
    if found and notebook:
        typed += kaggle_notebook.commands(notebook, found, name, wish.plugins)
    (_print_json if json_ else _say)(done, found, notebook, guess, typed)


def _one_of(*given: object) -> None:
    if sum(map(bool, given)) != 1:
        raise InputError(
            "one of --with RUN, --pictures FOLDER and --check ZIP is needed, and only one",
            "ganbench submit --with results/SUITE/RUN",
        )


def _check(path: Path, json_: bool) -> int:
    """Say what is wrong with a zip; the exit code."""
    from ganbench.system.text import printable
    from ganbench.trained import kaggle_rules

    if path.is_dir():
        packing = f"ganbench submit --pictures {shlex.quote(str(path))}"
        raise InputError(f"{path} is a folder, and Kaggle takes a zip", packing)
    with bars.on_stderr() as tick:
        found = kaggle_rules.check(path, tick)
    if json_:
        print(json.dumps({
            "file": str(path), "valid": not found.problems, "count": found.count,
            "problems": found.problems, "notes": found.notes,
        }))  # fmt: skip
        return 2 if found.problems else 0
    said.notes(found.notes)
    if not found.problems:
        print(f"{found.count:,} pictures, all as Kaggle wants them: {printable(str(path))}")
        return 0
    print(f"error: Kaggle would not take {printable(str(path))}", file=sys.stderr)
    for problem in found.problems:
        print(f"  {problem}", file=sys.stderr)
    return 2


def _skipped(done: "Submission") -> "list[Skipped]":
    return [*done.skipped, *done.packed.skipped]


def _print_json(
    done: "Submission",
    run: "TrainedRun | None",
    notebook: Path | None,
    guess: "Estimate | None",
    typed: list[str],
) -> None:
    result = guess.result if guess else None
    told = {
        "file": str(done.file),
        "run": str(run.folder) if run else None,
        "count": done.packed.count,
        "made": done.drawn,
        "kept": done.kept,
        "resized": done.packed.resized,
        "skipped": [{"name": one.name, "reason": one.reason} for one in _skipped(done)],
        "notes": list(done.packed.notes),
        "notebook": str(notebook) if notebook else None,
        "estimate": guess and {
            "mifid": result.value if result else None,
            "details": dict(result.details) if result else {},
            "paintings": guess.paintings,
            "says": guess.sentence,
        },
        "commands": typed,
    }  # fmt: skip
    print(json.dumps(told))


def _say(
    done: "Submission",
    run: "TrainedRun | None",
    notebook: Path | None,
    guess: "Estimate | None",
    typed: list[str],
) -> None:
    from ganbench.trained import kaggle_names, kaggle_rules

    packed = done.packed
    said.left_out(_skipped(done))
    said.notes(packed.notes)
    if run:
        print(said.drawn(done.drawn, done.kept, "drawn", run.name))
    if packed.resized:
        side = kaggle_rules.SIDE
        print(f"{packed.resized:,} pictures were brought to {side}x{side} (Pillow, bicubic)")
    print(f"{packed.count:,} pictures, all as Kaggle wants them: {done.file}")
    if guess:
        print(guess.sentence)
    print(f"to send them from here:\n  {typed[0]}")
    if notebook:
        print("or by a notebook on Kaggle, as the competition's rules may demand:")
        print(*(f"  {line}" for line in typed[1:]), sep="\n")
        if kaggle_names.PLACEHOLDER in typed[1]:
            print(f"with your name there for {kaggle_names.PLACEHOLDER}: --user NAME puts it in")
