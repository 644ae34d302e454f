"""Results on an object storage: runs work in a local folder, and what is whole goes to the storage.

The storage has the layout of a results folder. A run is there when its record is: that is removed
before a file of the run is replaced, and comes last. What comes from the storage is a stranger's:
it is put beside, and taken from there as `merge` takes it, each file by its digest.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ganbench.errors import InputError
from ganbench.runner.mirror_fetch import Fetch, suites
from ganbench.runner.mirror_push import Push
from ganbench.runner.seen import Seen
from ganbench.system import cache, files, locks, object_store
from ganbench.system.object_store import Store
from ganbench.system.text import shown

OWN = ".storage"  # folder of what is on its way, and of the note of what both sides have
TABLES = ("comparison.csv", "comparison.md", "comparison.tex", "comparison.bib")


@dataclass(frozen=True)
class Place:
    """Where results are worked on, and the storage that they belong to, if it is one."""

    folder: Path
    mirror: "Mirror | None" = None


def place(results: Path | str) -> Place:
    """What `--results` names: a folder, or an address. StorageError for one that is none."""
    if address := object_store.lost(results):
        raise InputError(f"{results} is an address that became a path", f'as text: "{address}"')
    if not object_store.is_address(str(results)):
        return Place(Path(results).expanduser())
    mirror = Mirror(str(results))
    return Place(mirror.folder, mirror)


def fetched(
    results: Path | str, suite: str | None = None, weights: bool = False
) -> tuple[Place, list[str]]:
    """`place`, with all that a storage has brought here, and what must be said of that.

    InputError when the storage has no results, or none of the suite.
    """
    found = place(results)
    if found.mirror is None:
        return found, []
    notes = found.mirror.fetch(suite, weights)
    if not any(found.folder.glob(f"{suite or '*'}/suite.json")):
        of = f" of the suite {shown(suite)}" if suite else ""
        raise InputError(f"no results{of} in {results}", f"ganbench run --results {results}")
    return found, notes


class Mirror:
    """A storage, and the local folder of its results."""

    def __init__(self, address: str):
        self.store = Store(address)
        self.address = self.store.address
        readable = re.sub(r"[^A-Za-z0-9]+", "-", self.address).strip("-")[:40]
        digest = hashlib.sha256(self.address.encode()).hexdigest()[:16]
        self.folder = cache.folder("results") / f"{readable}-{digest}"

    def fetch(self, suite: str | None = None, weights: bool = False) -> list[str]:
        """Bring what others have pushed of a suite, or of all, here; what must be said of it.

        Weights come only for runs that have to go on, or for all. What a command is at is left
        alone. StorageError when the storage does not give what it says it has.
        """
        notes: list[str] = []
        with self._turn() as (seen, stage):
            there = self.store.find(suite or "")
            for name in suites(there) if suite is None else [suite]:
                notes += Fetch(self.store, self.folder / name, there, seen, stage).all(weights)
        return notes

    def push(self, suite: str, runs: Iterable[str]) -> list[str]:
        """Bring runs that have a record, and what the suite is, to the storage; what is left out.

        What is there already does not go again. StorageError when the storage does not take it.
        """
        with self._turn() as (seen, stage):
            there = self.store.find(suite)
            return Push(self.store, self.folder / suite, there, seen, stage).all(runs)

    def push_page(self) -> None:
        """Bring the page, its tables and figures to the storage."""
        figures = sorted(self.folder.glob("figures/*.svg"))
        paths = [self.folder / name for name in (*TABLES, "report.html")]
        with self._turn() as (seen, _):
            for path in [*figures, *filter(Path.is_file, paths)]:
                name, digest = path.relative_to(self.folder).as_posix(), files.sha256(path)
                known = seen.get(name)
                if known is None or known.sha256 != digest:
                    seen.put(name, digest, self.store.put(path, name))

    @contextmanager
    def _turn(self) -> Iterator[tuple[Seen, Path]]:
        """Yields what both sides have, and a folder for what comes in; one command at a time."""
        own = self.folder / OWN
        try:
            own.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cache.unwritable(own, error) from None
        with locks.turn(own):
            for left in own.glob("incoming-*"):  # of a command that was killed
                files.remove(left)
            seen = Seen(own / "seen.json")
            try:
                with tempfile.TemporaryDirectory(prefix="incoming-", dir=own) as stage:
                    yield seen, Path(stage)
            finally:
                seen.save()
