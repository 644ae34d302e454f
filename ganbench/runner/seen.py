"""What a local folder and a storage had alike when they were last held against each other.

By it either side tells whether the other has changed since, and what is there need not go again.
"""

from dataclasses import dataclass
from pathlib import Path

from ganbench.errors import InputError
from ganbench.system import files
from ganbench.system.object_store import Stored


@dataclass(frozen=True)
class Known:
    """A file, as both sides had it."""

    sha256: str
    mark: str  # the storage's


class Seen:
    """All files that both sides had, by their names below the address; kept in `note`."""

    def __init__(self, note: Path):
        self._note = note
        self._known = _read(note)
        self._before = dict(self._known)

    def get(self, name: str) -> Known | None:
        """The file when it was last alike; None if it never was."""
        return self._known.get(name)

    def put(self, name: str, sha256: str, stored: Stored) -> None:
        """Both sides have the same now."""
        self._known[name] = Known(sha256, stored.mark)

    def is_current(self, name: str, stored: Stored | None) -> bool:
        """Is what the storage has what we have seen?"""
        known = self._known.get(name)
        return known is not None and stored is not None and known.mark == stored.mark != ""

    def save(self) -> None:
        """Keep it for the next command."""
        if self._known != self._before:
            told = {name: [one.sha256, one.mark] for name, one in self._known.items()}
            files.write_sealed(self._note, {"files": told})


def _read(note: Path) -> dict[str, Known]:
    """What was kept; nothing of a note that is damaged or too old: all goes once more then."""
    try:
        found = files.read_sealed(note)["files"]
        return {str(name): Known(str(digest), str(mark)) for name, (digest, mark) in found.items()}
    except (InputError, KeyError, TypeError, ValueError, AttributeError):
        return {}
