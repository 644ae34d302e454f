"""Which run is meant, and whether there is a model in it that can be used."""

import glob
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganbench import plugins, record
from ganbench.errors import InputError
from ganbench.jobs import TrainedModel
from ganbench.record import Record
from ganbench.system import files, frameworks
from ganbench.system.text import printable, shown, some_of
from ganbench.training import checkpoint
from ganzoo import registry
from ganzoo.errors import InputError as ModelError

# How a run can have ended whose weights draw; of the others none are left, or none worth it.
USABLE = ("done", "imported", "interrupted", "collapsed")
EXAMPLE = "name a run's folder: results/SUITE/RUN"


@dataclass(frozen=True)
class TrainedRun:
    """A run whose model can be used."""

    folder: Path
    record: Record
    checkpoint: Path
    notes: tuple[str, ...]  # what must be known of it

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.resolve().name

    @property
    def translates(self) -> bool:
        """Does it start from photographs, not from noise?"""
        return self.record.source == "pictures"

    @property
    def has_back(self) -> bool:
        """Was the generator from paintings to photographs trained, too?"""
        return self.translates and ("back" in self.record.imported or not self.record.imported)

    def require_back(self) -> None:
        """InputError when only the generator from photographs to paintings was imported."""
        if not self.has_back:
            raise InputError(
                f"{self.name} was imported without the way back",
                "import it once more with --back FILE",
            )

    def model(self, plugin_files: tuple[Path, ...] = (), device: str | None = None) -> TrainedModel:
        """Its model, for another process; InputError when model or framework is not here."""
        read = self.record
        try:
            found = registry.select(read.model, plugins.with_models(plugin_files), read.framework)
        except ModelError as error:
            raise InputError(f"{self.folder}: {error}", self._plugin_hint()) from None
        if [model.name for model in found] != [read.model]:
            raise InputError(f"{self.folder}: there is no model {read.model}", self._plugin_hint())
        frameworks.require(read.framework)
        settings = read.settings
        return TrainedModel(found[0], settings, read.size, read.seed, self.checkpoint, device)

    def _plugin_hint(self) -> str:
        """What to type for a plugin; its file as the run has it, which is not run unasked."""
        try:
            address = str(files.read_json(self.folder / "run.json")["run"]["address"])
        except (InputError, KeyError, TypeError):
            address = ""
        file = address.rpartition(":")[0]
        if not file.endswith(".py"):
            return "--plugin FILE.py, if it is one"
        return f"--plugin {shlex.quote(printable(file))}"


def find(text: str) -> TrainedRun:
    """The run that `text` names: by its folder, by one that holds no other, or by SUITE/MODEL.

    Of a model's seeds the one with the best score by the metric that decides. InputError when there
    is no such run, when several models are meant, or when there are no weights to use.
    """
    try:
        place = Path(text).expanduser()
        place.stat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RuntimeError) as error:  # too long a name; no such ~user
        why = getattr(error, "strerror", None) or error
        raise InputError(f"there is no run {shown(text)} ({why})", EXAMPLE) from None
    if (place / "record.json").is_file():
        return _usable(place)
    if (place / "run.json").is_file():
        raise InputError(f"the run {place} has left no record yet", "ganbench run continues it")
    if place.is_dir():
        return _usable(_only(place, _below(place)))
    there = _below(place.parent) if place.parent.is_dir() else {}
    if named := _called(place.name, there):
        return _usable(_only(place, named))
    for begun in sorted(place.parent.glob(f"{glob.escape(place.name)}.*/run.json")):
        raise InputError(f"the run {begun.parent} has left no record", "ganbench run continues it")
    inside = Path("results") / place
    if not place.is_absolute() and _called(inside.name, _below(inside.parent)):
        raise InputError(f"there is no run {place}", f"--with {shlex.quote(str(inside))}")
    names = sorted({run.label for run in there.values()})
    if not place.parent.is_dir():  # another suite than there is
        others = _below(place.parent.parent)
        names = sorted({str(folder.parent / run.label) for folder, run in others.items()})
    hint = f"there are: {printable(some_of(names))}" if names else EXAMPLE
    raise InputError(f"there is no run {place}", hint)


def _below(place: Path) -> dict[Path, Record]:
    """The runs of a suite, or of all suites of a results folder; damaged ones are passed over."""
    found = {}
    for path in sorted([*place.glob("*/record.json"), *place.glob("*/*/record.json")]):
        try:
            found[path.parent] = record.read(path.parent)
        except InputError:
            continue
    return found


def _called(name: str, runs: dict[Path, Record]) -> dict[Path, Record]:
    """The runs of the model that is called so, as a label or with its framework."""
    return {
        folder: run
        for folder, run in runs.items()
        if name in (run.model, run.label, *(f"{n}.{run.framework}" for n in (run.model, run.label)))
    }


def _only(place: Path, runs: dict[Path, Record]) -> Path:
    """The run that is meant where one model is there; InputError names the others."""
    if not runs:
        raise InputError(f"there is no run in {place}", "ganbench run, then name its folder")
    if len({(run.label, run.framework, folder.parent) for folder, run in runs.items()}) > 1:
        first = next(iter(runs))
        raise InputError(
            f"{place} holds several models ({some_of([folder.name for folder in runs], 3)})",
            f"name one: {shlex.quote(printable(str(first)))}",
        )
    return _best_seed(runs)


def _best_seed(runs: dict[Path, Record]) -> Path:
    """Of runs of one model the best by the metric that decides, or else the first seed.

    Those that the suite lists come first: others are left from before a change of code or settings.
    """
    about = _about(next(iter(runs)).parent)
    listed = {f: run for f, run in runs.items() if f.name in (about.get("runs") or ())}
    usable = {f: run for f, run in (listed or runs).items() if run.status.name in USABLE} or runs
    metric = str(about.get("primary"))

    return min(usable, key=lambda folder: record.rank(usable[folder], metric))


def _about(suite: Path) -> dict[str, Any]:
    try:
        return record.read_suite(suite)
    except InputError:
        return {}


def _usable(folder: Path) -> TrainedRun:
    run = record.read(folder)
    if run.status.name not in USABLE:
        raise InputError(f"the run {folder} has no model to use: it {_ended(run)}", EXAMPLE)
    found = checkpoint.find(folder)
    if found is None:
        raise InputError(f"the run {folder} has no checkpoint: its weights are gone", EXAMPLE)
    path, _, problems = found
    notes = [f"{problem}; the checkpoint before it is used" for problem in problems]
    if run.status.name in ("interrupted", "collapsed"):
        notes.append(f"{folder.name} {_ended(run)}: its pictures are of an unfinished model")
    return TrainedRun(folder, run, path, tuple(notes))


def _ended(run: Record) -> str:
    """In a sentence: "ran out of memory at step 12", "was interrupted at step 12"."""
    said = {"interrupted": "was interrupted", "out_of_memory": "ran out of memory"}
    return f"{said.get(run.status.name, run.status.name)} at step {run.status.step:,}"
