"""From a storage to the local folder: what is new there, if it is what its records say."""

import re
import shutil
from pathlib import Path

from ganbench import record
from ganbench.errors import InputError
from ganbench.planning import toml
from ganbench.planning.suite import slug
from ganbench.runner import run_copy
from ganbench.runner.mirror_side import ABOUT, NOTE, RECORD, WEIGHTS, Side, There, is_ahead
from ganbench.runner.suite_part import RUN, Found
from ganbench.system import files, locks
from ganbench.system.object_store import StorageError
from ganbench.system.text import shown, size_words
from ganbench.training import checkpoint


class Fetch(Side):
    """What a storage has of a suite, for its folder here."""

    def all(self, weights: bool) -> list[str]:
        """Take every run and what the suite is; what must be said of that."""
        notes: list[str] = []
        for run in _runs(self.suite, self.there):
            try:
                notes += self._run(run, weights)
            except StorageError:
                raise
            except InputError as error:
                notes.append(f"{run} is not taken from the storage: {error}")
        for file in ABOUT:
            try:
                self._about(file)
            except StorageError:
                raise
            except InputError as error:
                notes.append(f"{file} is not taken from the storage: {error}")
        return notes

    def _run(self, run: str, weights: bool) -> list[str]:
        """Take a run unless ours is the same, further, or being worked at."""
        place, name = self.folder / run, self.name(run, RECORD)
        lacking = weights and not checkpoint.exists(place)
        known = (place / RECORD).exists() and self.seen.is_current(name, self.there[name])
        if known and not lacking:
            return []
        with locks.claim(place) as free:  # nobody begins to train what is being replaced
            return self._taken(run, weights, lacking) if free else []

    def _taken(self, run: str, weights: bool, lacking: bool) -> list[str]:
        """Take a run that is ours alone, unless ours is the same or further."""
        place, name = self.folder / run, self.name(run, RECORD)
        here, found = _digest(place / RECORD), self.theirs(run)
        if here == files.sha256(self.stage / run / RECORD) and not lacking:
            self.seen.put(name, here, self.there[name])
            return []
        known = self.seen.get(name)
        if place.exists() and not (known and known.sha256 == here) and not is_ahead(found, place):
            return []
        digests = self._files(run, found, weights or checkpoint.exists(place))
        notes = run_copy.copy(found, place)
        for file, digest in digests.items():
            self.seen.put(file, digest, self.there[file])
        self.seen.put(name, files.sha256(place / RECORD), self.there[name])
        return notes

    def _files(self, run: str, found: Found, weights: bool) -> dict[str, str]:
        """Bring the files of a run to the stage; their digests, by their names."""
        names = [*run_copy.sealed(found), *run_copy.beside(found), "run.json"]
        if weights or not found.ended:
            names += self._weights(run)
        names = [name for name in names if self.name(run, name) in self.there]
        self._room(sum(self.there[self.name(run, name)].bytes for name in names))
        return {self.name(run, name): self.get(run, name) for name in names}

    def _weights(self, run: str) -> list[str]:
        """The files of a checkpoint on the storage; none where there is none that is sound."""
        if self.name(run, WEIGHTS, NOTE) not in self.there:
            return []
        self.get(run, WEIGHTS, NOTE)
        told = files.read_sealed(self.stage / run / WEIGHTS / NOTE).get("files")
        known = told if isinstance(told, dict) else {}
        return [f"{WEIGHTS}/{file}" for file in (*known, NOTE)]

    def _room(self, need: int) -> None:
        free = shutil.disk_usage(self.stage).free
        if 2 * need > free:  # beside, and in place
            raise StorageError(
                f"the results need {size_words(2 * need)} in {self.stage}; {size_words(free)} is"
                " free",
                "set GANBENCH_CACHE to a folder with more room",
            )

    def _about(self, file: str) -> None:
        """Take a file that says what the suite is."""
        name, path = self.name(file), self.folder / file
        stored = self.there.get(name)
        if stored is None or (path.exists() and self.seen.is_current(name, stored)):
            return
        digest = self.get(file)
        _check(self.stage, file)
        files.copy(self.stage / file, path)
        self.seen.put(name, digest, stored)


def suites(there: There) -> list[str]:
    """Suites on the storage, the one that was written last at the end."""
    found = {name.partition("/")[0]: stored for name, stored in there.items()
             if re.fullmatch(r"[^/]+/suite\.json", name)}  # fmt: skip
    return sorted(filter(lambda name: slug(name) == name, found), key=lambda one: found[one].when)


def _runs(suite: str, there: There) -> list[str]:
    """Runs of a suite that have a record there: all others are on their way."""
    parts = [name.split("/") for name in sorted(there)]
    found = [run for of, run, *file in filter(lambda p: len(p) == 3, parts)
             if of == suite and file == [RECORD]]  # fmt: skip
    return [run for run in found if RUN.fullmatch(run)]


def _digest(path: Path) -> str | None:
    return files.sha256(path) if path.is_file() else None


def _check(stage: Path, file: str) -> None:
    """InputError when a file of a suite is not what its name says."""
    if file == "suite.json":
        name = record.read_suite(stage).get("name")
        if name != stage.name:
            raise InputError(f"it is of the suite {shown(str(name))}")
    elif file == "suite.toml":
        toml.read(stage / file, "suite")
    elif file == "baselines.json":
        record.read_baselines(stage)
    else:
        pictures = files.read_array(stage / file)
        if pictures.dtype != "uint8" or pictures.ndim != 4:
            raise InputError(f"{file} holds no pictures")
