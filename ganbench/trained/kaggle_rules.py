"""What Kaggle takes as a submission of paintings: one flat zip of JPEGs, checked before it is sent.

The competition "I'm Something of a Painter Myself" scores 7,000 to 10,000 JPEGs of 256 x 256 RGB.
"""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ganbench.data.sources import bounded_read, picture_kinds
from ganbench.data.sources.bounded_read import UnreadableFile
from ganbench.data.sources.decode import BrokenPicture, decode_whole
from ganbench.data.store import OnProgress
from ganbench.errors import InputError
from ganbench.system.text import printable, shown, some_of

COMPETITION = "gan-getting-started"
NAME, ENDING = "images.zip", ".jpg"
FEWEST, MOST = 7_000, 10_000  # pictures
SIDE = 256  # pixels
LARGEST = 2**20  # bytes of one picture: as noise, of the best quality, it has a quarter of that
NAMED = 3  # files in a sentence
LOCKED = 1  # flag of an entry with a password
# What Pillow calls the colours of a JPEG.
COLOURS = {"L": "grey", "CMYK": "CMYK"}


@dataclass(frozen=True)
class Checked:
    """What a zip is, and a sentence for each thing for which Kaggle would refuse it."""

    path: Path
    count: int  # of its files
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what is no reason to refuse it, but odd


def check(path: Path, on_progress: OnProgress, called: str = "") -> Checked:
    """Look at a zip as a whole and at every picture in it; InputError when it is no zip.

    `called`: the name that it will have, if it has another yet.
    """
    try:
        with bounded_read.open_zip(path) as archive:
            return _checked(path, archive, on_progress, called or path.name)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from None


def why_not_so_many(count: int) -> str:
    """What is wrong with a number of pictures; "" where it is right."""
    if FEWEST <= count <= MOST:
        return ""
    return f"{count:,} pictures, where Kaggle takes {FEWEST:,} to {MOST:,}"


def why_not(data: bytes) -> str:
    """What is wrong with one picture's bytes, as the end of a sentence; "" for a right one."""
    if len(data) > LARGEST:
        return f"larger than {LARGEST // 2**20} MiB"
    kind = picture_kinds.kind(data)
    if kind != "JPEG":
        return f"no JPEG but {kind}" if kind else "no JPEG"
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            mode, size, bits = image.mode, image.size, getattr(image, "bits", 8)
    except Exception:  # a damaged header makes Pillow raise nearly anything
        return "no JPEG that can be read"
    if size != (SIDE, SIDE):
        return f"{size[0]}x{size[1]}, not {SIDE}x{SIDE}"
    if mode != "RGB" or bits != 8:
        return f"{COLOURS.get(mode, mode)}, not RGB"
    return _why_not_whole(data)


def _why_not_whole(data: bytes) -> str:
    try:
        decode_whole(data)
    except (BrokenPicture, UnreadableFile) as reason:
        return f"damaged: {reason}"
    return ""


def _checked(path: Path, archive: zipfile.ZipFile, on_progress: OnProgress, called: str) -> Checked:
    entries = archive.infolist()
    pictures = [entry for entry in entries if not entry.is_dir()]
    problems = [f"it holds {why}" for why in [why_not_so_many(len(pictures))] if why]
    for words, is_so in _NAMES.items():
        if found := [entry.filename for entry in entries if is_so(entry)]:
            problems.append(words.format(_named(found)))
    counted = Counter(entry.filename for entry in pictures)
    if twice := [name for name, count in counted.items() if count > 1]:
        problems.append(f"names that are there more than once: {_named(twice)}")
    reasons: dict[str, list[str]] = {}
    seen: Counter[bytes] = Counter()
    for name, data in _read(archive, list(counted), on_progress):
        why = data if isinstance(data, str) else why_not(data)
        if why:
            reasons.setdefault(why, []).append(name)
        if isinstance(data, bytes):
            seen[hashlib.blake2b(data, digest_size=16).digest()] += 1
    problems += [f"pictures that are {why}: {_named(names)}" for why, names in reasons.items()]
    return Checked(
        path, len(pictures), tuple(problems), _notes(called, sum(seen.values()), len(seen))
    )


# What a name may not be, as a sentence, and how that is seen.
_NAMES: dict[str, Callable[[zipfile.ZipInfo], bool]] = {
    "it must be flat, and has folders: {}": lambda e: "/" in e.filename.replace("\\", "/"),
    "hidden files: {}": lambda e: e.filename.replace("\\", "/").split("/")[-1].startswith("."),
    f"files that do not end with {ENDING}: {{}}": lambda e: (
        not e.is_dir() and not e.filename.endswith(ENDING)
    ),
    "files that are locked with a password: {}": lambda e: bool(e.flag_bits & LOCKED),
}


def _read(
    archive: zipfile.ZipFile, names: list[str], on_progress: OnProgress
) -> Iterator[tuple[str, bytes | str]]:
    """Each file's bytes, or why they cannot be had; locked ones have been named already."""
    for done, name in enumerate(names, 1):
        entry = archive.getinfo(name)
        if not entry.flag_bits & LOCKED:
            try:
                if entry.file_size > LARGEST:
                    yield name, f"larger than {LARGEST // 2**20} MiB"
                else:
                    yield name, bounded_read.read_entry(archive, name)
            except UnreadableFile as reason:
                yield name, str(reason)
        on_progress("checking", done, len(names))


def _notes(called: str, count: int, different: int) -> tuple[str, ...]:
    notes = []
    if called != NAME:
        notes.append(f"Kaggle takes a file that is called {NAME}: rename {shown(called)}")
    if different < count:
        notes.append(f"{count - different:,} pictures are copies of others, byte for byte")
    return tuple(notes)


def _named(names: list[str]) -> str:
    said = some_of([shown(printable(name)) for name in names], NAMED)
    return f"{said} ({len(names):,})" if len(names) > 1 else said
