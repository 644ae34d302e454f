"""Pictures into the one zip that Kaggle takes: packed, checked, then moved to its place."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ganbench.data.encode import encoded
from ganbench.data.sources.bounded_read import UnreadableFile
from ganbench.data.sources.decode import BrokenPicture, decode, look
from ganbench.data.sources.file_names import Names
from ganbench.data.store import OnProgress, Skipped
from ganbench.errors import InputError
from ganbench.system import files
from ganbench.system.text import shown, some_of
from ganbench.trained import kaggle_rules
from ganbench.trained.photographs import Readable

MADE = (1980, 1, 1, 0, 0, 0)  # of every file in it: the same pictures are the same zip
UNIX, READABLE = 3, 0o644 << 16  # by whoever unpacks it


@dataclass
class Packed:
    """What became of the pictures on their way."""

    count: int = 0
    as_they_were: int = 0  # byte for byte
    resized: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def write(
    path: Path, names: Sequence[str], source: Readable, resize: bool, on_progress: OnProgress
) -> Packed:
    """Write the pictures of these names to the zip `path`, flat; InputError, and then no zip.

    What Kaggle takes goes in byte for byte, other pictures as JPEG of quality 95. Those of another
    size are refused unless they are to be resized. Broken ones are left out and named.
    """
    packed = Packed()
    with files.building(path) as draft:
        with files.writing(path), zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            _fill(archive, names, source, resize, packed, on_progress)
        checked = kaggle_rules.check(draft, on_progress, path.name)
        if checked.problems:
            raise InputError(f"{path} was not written: {'; '.join(checked.problems)}")
        packed.notes = checked.notes
    return packed


def _fill(
    archive: zipfile.ZipFile,
    names: Sequence[str],
    source: Readable,
    resize: bool,
    packed: Packed,
    on_progress: OnProgress,
) -> None:
    free, others = Names(folds_case=True), []
    for done, name in enumerate(names, 1):
        try:
            data = source.read(name)
            size = look(data)
            fits = size.height == size.width == kaggle_rules.SIDE
            if fits or resize:
                entry = zipfile.ZipInfo(_flat(free, name), MADE)
                entry.create_system, entry.external_attr = UNIX, READABLE
                archive.writestr(entry, _as_wanted(data, fits, packed))
                packed.count += 1
            else:
                others.append(f"{shown(name)} is {size.width}x{size.height}")
        except (UnreadableFile, BrokenPicture) as reason:
            packed.skipped.append(Skipped(name, str(reason)))
        on_progress("packing", done, len(names))
    if others:
        side = kaggle_rules.SIDE
        raise InputError(
            f"{len(others):,} of {len(names):,} pictures are not {side}x{side}: "
            + some_of(others, kaggle_rules.NAMED),
            f"--resize brings them to {side}x{side}, the middle square of those that are none",
        )


def _as_wanted(data: bytes, fits: bool, packed: Packed) -> bytes:
    """A picture as Kaggle takes it; BrokenPicture."""
    if fits and not kaggle_rules.why_not(data):
        packed.as_they_were += 1
        return data
    made = encoded(decode(data, kaggle_rules.SIDE).pixels, kaggle_rules.ENDING)
    packed.resized += not fits
    return made


def _flat(free: Names, name: str) -> str:
    """A name of its own without folders: sub/a.png becomes sub-a.jpg."""
    flat = PurePosixPath(name.replace("/", "-")).with_suffix(kaggle_rules.ENDING)
    return free.take("", str(flat))
