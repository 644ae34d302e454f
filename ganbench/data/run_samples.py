"""The pictures that a run made last, where a set of pictures is wanted."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from ganbench import record
from ganbench.data.sources.file_tree import Tree, ZipTree, is_record, open_tree, runs_in
from ganbench.errors import InputError
from ganbench.system import files
from ganbench.system.text import printable, shown

PARTS = ("film", "views", "nearest", "checkpoint")  # of a run's folder, beside its samples
NAMED = 3  # runs in a message


@dataclass(frozen=True)
class Samples:
    """The last samples of a run."""

    title: str
    file: Path  # .npy, uint8 N H W 3
    notes: tuple[str, ...]  # what must be known of them


def find(path: str, command: str) -> Samples | Tree:
    """The samples of the run that `path` is, holds or lies in; else the files that are there.

    InputError for several runs, with what to type: RUN in `command` is replaced.
    """
    folder = _run_of(path, command)
    if isinstance(folder, Tree):
        return folder
    run = record.read(folder)
    if not run.snapshots:
        raise InputError(
            f"the run {folder} has no samples ({run.status.name})", "ganbench run continues it"
        )
    last = run.snapshots[-1]
    file = record.file(folder, run, last.file)
    notes = []
    if folder.resolve() != place_of(path).resolve():
        notes.append(f"{path} stands for the run {folder}: its last samples are taken")
    if run.status.name != "done":
        status = f"{run.status.name} at step {run.status.step:,}"
        notes.append(
            f"the run {folder} is no finished one ({status}): its {len(files.read_array(file)):,} "
            f"samples are of step {last.step:,}"
        )
    return Samples(folder.resolve().name, file, tuple(notes))


def place_of(path: str) -> Path:
    """The place that somebody typed; of a ~user who is not there, whoever opens it will tell."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _run_of(path: str, command: str) -> Path | Tree:
    place = place_of(path)
    if (place / "record.json").is_file():
        return place
    if place.is_dir() and (place.resolve().parent / "record.json").is_file():
        around = place.parent if place.name else place.resolve().parent
        if place.resolve().name == "samples":
            return around
        if place.resolve().name in PARTS:
            raise InputError(
                f"{path} is a part of the run {around}, not its samples", _typed(command, around)
            )
    tree = open_tree(path)
    runs = runs_in(tree)
    if not runs or any(tree.kind(name) or is_record(name) for name in tree.names):
        return tree  # pictures beside runs are a set of their own
    if isinstance(tree, ZipTree):
        raise InputError(f"{path} holds runs, which are not read inside a zip", "unpack it first")
    if len(runs) == 1:
        return tree.path / runs[0]
    more = f", and {len(runs) - NAMED:,} more" if len(runs) > NAMED else ""
    names = ", ".join(shown(run) for run in runs[:NAMED]) + more
    raise InputError(
        f"{path} holds {len(runs):,} runs ({names})", _typed(command, tree.path / runs[0])
    )


def _typed(command: str, run: Path) -> str:
    return command.replace("RUN", shlex.quote(printable(str(run))))
