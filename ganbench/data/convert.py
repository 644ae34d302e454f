"""`ganbench data convert`: a set of pictures as a folder, a zip or TFRecords.

The bytes of picture files go over as they are, with the names they have, so that there and back
gives the same files whatever their format. Only what has no file (the embedded set, the last
samples of a run) is encoded, as PNG. Each side keeps its folder, except that Kaggle's endings are
exchanged: the records of `monet_jpg` are `monet_tfrec`, and back.
"""

import re
import shlex
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ganbench.data import load, recipes, run_samples, transfer
from ganbench.data.run_samples import Samples
from ganbench.data.sources import layout, tfrecord
from ganbench.data.sources.file_names import Names
from ganbench.data.sources.file_tree import Tree, is_record, record_stem
from ganbench.data.sources.layout import Listing
from ganbench.data.store import OnProgress, Skipped
from ganbench.data.transfer import Found, Side
from ganbench.errors import InputError
from ganbench.system import files
from ganbench.system.text import printable, shown

FORMATS = ("tfrecord", "folder", "zip")
SIZE = 256  # of the embedded pictures, as Kaggle's have it
MOST = 1000  # pictures in one TFRecord file
COMMAND = "ganbench data convert --source RUN --to folder"

Put = Callable[[str, bytes], None]


@dataclass(frozen=True)
class Converted:
    """What was written."""

    place: Path
    counts: dict[str, int]  # folder, or "" for the only one -> pictures
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()  # of samples of runs
    left_alone: tuple[str, ...] = ()  # test splits and the like, in words


def convert(
    data: str | None,
    source: str | None,
    target: str | None,
    to: str,
    out: Path | None,
    size: int | None = None,
    on_progress: OnProgress | None = None,
) -> Converted:
    """Write one or both sides of a set in the format `to` at `out`, which must be free.

    `size` is that of the embedded pictures alone. InputError when something is missing, in the
    way or not readable, and when a side has no good picture; broken pictures are only left out.
    """
    if to not in FORMATS:
        raise InputError(f'there is no format "{to}"', "--to tfrecord, folder or zip")
    if to == "tfrecord":
        tfrecord.require_writer()
    found = _found(data, source, target, size)
    out = out or _default(data or source or target or load.EMBEDDED, to)
    place = _free_place(out, to)
    if to != "zip":  # which is not opened where there are pictures
        _refuse_inside(place, found)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as scratch:
            folders = _folders(found, to, place)
            sides = transfer.sides(found, folders, Path(scratch), size or SIZE, on_progress)
            counts, skipped = _write(sides, to, place, Path(scratch), on_progress)
    except OSError as error:
        raise InputError(f"cannot write {place} ({error.strerror or error})") from None
    left = dict.fromkeys(
        word for one in found if isinstance(one, Listing) for word in one.left_alone
    )
    notes = tuple(note for one in found if isinstance(one, Samples) for note in one.notes)
    return Converted(out, counts, skipped, notes, tuple(left))


def _found(
    data: str | None, source: str | None, target: str | None, size: int | None
) -> list[Found]:
    """One or two sets: what the user's files hold, or which embedded one."""
    found = _listings(data, source, target)
    if size is not None and any(isinstance(one, Listing | Samples) for one in found):
        raise InputError("pictures go over in the size they have", "--size is for scenes alone")
    return found


def _listings(data: str | None, source: str | None, target: str | None) -> list[Found]:
    kinds: tuple[recipes.Kind, recipes.Kind] = ("photo", "painting")
    if source is None and target is None:
        if data is None or data == load.EMBEDDED:
            return list(kinds)
        place = run_samples.find(data, COMMAND)
        if isinstance(place, Samples):
            return [place]
        try:
            return list(layout.two_sets_in(place))
        except layout.OneSet:
            return [layout.training_set_in(place)]
    if data is not None:
        raise InputError(
            "DATA names both sides, so it does not go with --source or --target",
            "give DATA, or --source PHOTOGRAPHS --target PAINTINGS",
        )
    return [
        kind if path == load.EMBEDDED else _one(path)
        for path, kind in zip((source, target), kinds, strict=True)
        if path is not None
    ]


def _one(path: str) -> Found:
    place = run_samples.find(path, COMMAND)
    return place if isinstance(place, Samples) else layout.training_set_in(place)


def _default(path: str, to: str) -> Path:
    name = Path(path).expanduser().resolve().name
    name = record_stem(name) if is_record(name) else re.sub(r"(?i)\.zip$", "", name)
    name = name or "pictures"
    return Path(f"{name}.zip" if to == "zip" else f"{name}-{to}")


def _free_place(out: Path, to: str) -> Path:
    place = out.expanduser().absolute()
    empty = to != "zip" and place.is_dir() and not any(place.iterdir())
    if (place.exists() or place.is_symlink()) and not empty:
        raise InputError(f"{out} is there already", "name another place: --out PLACE")
    return place


def _refuse_inside(place: Path, found: Sequence[Found]) -> None:
    """InputError for a place in the folder that is read: there its pictures would be more of it."""
    for one in found:
        if not isinstance(one, Listing) or len(one.tree.names) == 1:  # it may be a file alone
            continue
        root = one.tree.path.resolve()
        if root in place.resolve().parents:
            outside = shlex.quote(printable(str(root.parent / place.name)))
            raise InputError(
                f"{place} lies in {one.tree.path}, which would hold its own pictures twice",
                f"name a place outside: --out {outside}",
            )


def _folders(found: Sequence[Found], to: str, place: Path) -> list[str]:
    """Names of the sides' folders: their own, unless they would be read as the other side's."""
    if len(found) == 1:
        return [""]
    own = [one if isinstance(one, str) else _exchanged(transfer.name_of(one), to) for one in found]
    return own if _reads_back(own, to, place) else ["source", "target"]


def _exchanged(name: str, to: str) -> str:
    old, new = ("_jpg", "_tfrec") if to == "tfrecord" else ("_tfrec", "_jpg")
    return name.removesuffix(old) + new if name.endswith(old) else name


def _reads_back(folders: list[str], to: str, place: Path) -> bool:
    ending = ".tfrec" if to == "tfrecord" else ".jpg"
    title = place.stem if to == "zip" else place.name
    names = tuple(f"{folder}/0{ending}" for folder in folders)
    try:
        read = layout.two_sets_in(Tree(place, title, names))
    except InputError:
        return False
    # lower case: where "Monet" and "monet" are one folder, the sides would be mixed
    apart = len({folder.lower() for folder in folders}) == len(folders)
    return apart and [one.prefix for one in read] == [f"{folder}/" for folder in folders]


def _write(
    sides: list[Side], to: str, place: Path, scratch: Path, on_progress: OnProgress | None
) -> tuple[dict[str, int], tuple[Skipped, ...]]:
    with files.building(place) as draft:
        if to == "folder":
            draft.mkdir()
            names = Names(folds_case=(scratch.parent / scratch.name.swapcase()).exists())
            placed, skipped = _carry(sides, names, partial(_put_file, draft), on_progress)
        else:
            archive = draft if to == "zip" else scratch / "pictures.zip"
            with zipfile.ZipFile(archive, "w") as entries:
                placed, skipped = _carry(sides, Names(), partial(_put_entry, entries), on_progress)
            if to == "tfrecord":
                shards = [
                    shard
                    for side in sides
                    for shard in _shards(side, placed[side.folder], draft / side.folder)
                ]
                tfrecord.pack(archive, shards)
    return {folder: len(names) for folder, names in placed.items()}, skipped


def _carry(
    sides: list[Side], names: Names, put: Put, on_progress: OnProgress | None
) -> tuple[dict[str, list[str]], tuple[Skipped, ...]]:
    """Put every good picture; the names they got in each folder, and what was left out."""
    placed: dict[str, list[str]] = {}
    skipped: list[Skipped] = []
    for side in sides:
        own = placed.setdefault(side.folder, [])
        for done, (name, data) in enumerate(side.carry(), 1):
            if isinstance(data, str):
                skipped.append(Skipped(f"{side.folder}/{name}".lstrip("/"), data))
            else:
                own.append(names.take(side.folder, name))
                put(own[-1], data)
            if on_progress is not None:
                on_progress(side.title, done, side.count)
        if not own:
            last = f"{shown(skipped[-1].name)}: {printable(skipped[-1].reason)}"
            raise InputError(f"{side.title} has no readable picture (for instance {last})")
    return placed, tuple(skipped)


def _put_file(root: Path, name: str, data: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "xb") as file:
        file.write(data)


def _put_entry(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # of 1980, so that the same pictures are the same zip
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def _shards(side: Side, names: list[str], folder: Path) -> list[tfrecord.Shard]:
    """Kaggle's way: `monet00-300.tfrec` is the first file, of 300 records."""
    folder.mkdir(parents=True)
    parts = -(-len(names) // MOST)
    width = max(2, len(str(parts - 1)))
    shards = []
    for part in range(parts):
        own = names[part * len(names) // parts : (part + 1) * len(names) // parts]
        file = folder / f"{side.label}{part:0{width}d}-{len(own)}.tfrec"
        pictures = [(name, name[len(side.folder) :].lstrip("/")) for name in own]
        shards.append(tfrecord.Shard(str(file), side.label, pictures))
    return shards
