"""From the local folder to a storage: runs with their files, each record after what it names."""

from collections.abc import Iterable
from pathlib import Path

from ganbench.errors import InputError
from ganbench.runner import run_copy, suite_part
from ganbench.runner.mirror_side import ABOUT, NOTE, RECORD, WEIGHTS, Side, is_ahead
from ganbench.runner.suite_part import Found
from ganbench.system import files
from ganbench.system.object_store import StorageError
from ganbench.training import checkpoint


class Push(Side):
    """What a suite's folder has, for the storage."""

    def all(self, runs: Iterable[str]) -> list[str]:
        """Bring these runs there, and then what the suite is; what must be said of that."""
        notes: list[str] = []
        for run in runs:
            if (self.folder / run / RECORD).exists():
                try:
                    notes += self._run(run)
                except StorageError:
                    raise
                except InputError as error:
                    notes.append(f"{run} is not pushed: {error}")
        for file in ABOUT:
            if (self.folder / file).is_file():
                self._put(self.folder / file, self.name(file))
        return notes

    def _run(self, run: str) -> list[str]:
        """Bring a run to the storage: its record last, and none while its files change."""
        place, name = self.folder / run, self.name(run, RECORD)
        record_digest = files.sha256(place / RECORD)
        if not self._differs(name, record_digest):
            return []
        if self._stands(run, place):
            return [f"{run} is not pushed: another machine came further with it"]
        found = suite_part.found(place)
        sources = _sources(place, found)
        digests = {file: files.sha256(path) for file, path in sources.items()}
        for file, digest in run_copy.sealed(found).items():
            if digest and digests[file] != digest:
                raise InputError(f"{file} is damaged: its content is not what the run wrote")
        changed = [file for file in sources if self._differs(self.name(run, file), digests[file])]
        if name in self.there and changed:
            self.store.remove(name)
        for file in changed:
            stored = self.store.put(sources[file], self.name(run, file))
            self.seen.put(self.name(run, file), digests[file], stored)
        self.seen.put(name, record_digest, self.store.put(place / RECORD, name))
        return []

    def _stands(self, run: str, place: Path) -> bool:
        """Has another machine pushed of a run what is worth more than ours?"""
        stored = self.there.get(self.name(run, RECORD))
        if stored is None or self.seen.is_current(self.name(run, RECORD), stored):
            return False
        try:
            found = self.theirs(run)
        except StorageError:
            raise
        except InputError:  # what it has pushed is no run
            return False
        same = files.sha256(self.stage / run / RECORD) == files.sha256(place / RECORD)
        return not same and is_ahead(found, place)

    def _differs(self, name: str, digest: str) -> bool:
        known = self.seen.get(name)
        same = known is not None and known.sha256 == digest
        return not (same and self.seen.is_current(name, self.there.get(name)))

    def _put(self, path: Path, name: str) -> None:
        digest = files.sha256(path)
        if self._differs(name, digest):
            self.seen.put(name, digest, self.store.put(path, name))


def _sources(place: Path, found: Found) -> dict[str, Path]:
    """Where the files of a run lie, by their names on the storage: those of a checkpoint last."""
    names = [*run_copy.beside(found), "run.json"]
    there = [name for name in names if (place / name).is_file()]
    sources = {name: suite_part.own(place, name) for name in (*run_copy.sealed(found), *there)}
    lacking = [name for name, path in sources.items() if not path.is_file()]
    if lacking:
        raise InputError(f"{lacking[0]} is not there")
    weights = _checkpoint(place)
    if weights is not None:
        told = files.read_sealed(weights / NOTE, old=True)
        for name in (*told["files"], NOTE):
            sources[f"{WEIGHTS}/{name}"] = files.inside(weights, name)
    return sources


def _checkpoint(place: Path) -> Path | None:
    """The newest sound one; None when there is none."""
    try:
        found = checkpoint.find(place)
    except InputError:
        return None
    return found[0] if found else None
