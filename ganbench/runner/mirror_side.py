"""One suite in a local folder and on a storage: what fetching and pushing have alike."""

from pathlib import Path

from ganbench import record
from ganbench.errors import InputError
from ganbench.runner import suite_part
from ganbench.runner.seen import Seen
from ganbench.runner.suite_part import Found
from ganbench.system import files, safe_read
from ganbench.system.object_store import Store, Stored
from ganbench.training import checkpoint

RECORD = "record.json"
WEIGHTS, NOTE = checkpoint.NAMES[0], checkpoint.NOTE
ABOUT = (
    *("gallery/source.npy", "gallery/target.npy", "baselines.json", "suite.toml", "suite.json"),
)  # of a suite, that by which it is found last
There = dict[str, Stored]  # by names below the address


class Side:
    """One suite, here and on the storage."""

    def __init__(self, store: Store, folder: Path, there: There, seen: Seen, stage: Path):
        """folder: the suite's; stage: where files come in."""
        self.store, self.folder, self.there, self.seen = store, folder, there, seen
        self.suite, self.stage = folder.name, stage / folder.name

    def name(self, *parts: str) -> str:
        """The name of a file of the suite on the storage."""
        return "/".join((self.suite, *parts))

    def get(self, *parts: str) -> str:
        """Bring a file to the stage; its digest there."""
        name = self.name(*parts)
        path, stored = self.stage.joinpath(*parts), self.there[name]
        if path.suffix == ".json" and stored.bytes > safe_read.LARGEST:
            raise InputError(f"{name} is larger than {safe_read.LARGEST // 2**20} MiB")
        self.store.get(name, stored, path)
        return files.sha256(path)

    def theirs(self, run: str) -> Found:
        """A run's record as the storage has it; InputError when it is none."""
        self.get(run, RECORD)
        return suite_part.found(self.stage / run)


def is_ahead(found: Found, place: Path) -> bool:
    """Is a run on the storage worth more than ours in `place`? Of two that ended, theirs stands."""
    try:
        ours = record.read(place) if (place / RECORD).exists() else None
    except InputError:
        ours = None
    if found.ended or (ours and Found(place, ours).ended):
        return found.ended
    try:
        there = checkpoint.find(place)
    except InputError:
        there = None
    return found.record.used.steps > (int(there[1]["steps"]) if there else 0)
