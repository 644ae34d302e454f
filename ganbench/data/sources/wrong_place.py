"""What people name where a folder of pictures is wanted, and what they can do instead."""

import os
import re
import shlex
from pathlib import Path

from ganbench.errors import InputError
from ganbench.system.text import printable, shown

FETCH = {  # by the scheme of an address: how its files come here
    "gs": "download it first: gcloud storage cp --recursive {} pictures",
    "s3": "download it first: aws s3 cp --recursive {} pictures",
    "file": "write it without file://",
}
DOWNLOAD = "download it first, then name the folder or zip that it is in"
FORMATS = "JPEG, PNG, WebP, TIFF, BMP, GIF, PPM, AVIF, HEIC (with an extra) and TFRecords are read"
AS_FILES = "write its pictures to a folder first, as PNG or JPEG files, and name that folder"
TEXT = ("a text, not pictures", "name the folder that the pictures are in")
PACKED = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".7z", ".rar")
BY_ENDING: dict[str, tuple[str, str]] = {  # what it is, and what to do with it
    **dict.fromkeys(
        (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"),
        ("a packed archive", "unpack it first (tar -xf) and name its folder; zips are read"),
    ),
    **dict.fromkeys(
        (".7z", ".rar", ".gz", ".bz2", ".xz", ".zst"),
        ("a packed archive", "unpack it first (7z x) and name its folder; zips are read"),
    ),
    **dict.fromkeys(
        (".txt", ".csv", ".tsv", ".json", ".jsonl", ".lst", ".list", ".xml", ".yaml", ".yml"),
        TEXT,
    ),
    **dict.fromkeys(
        (".parquet", ".arrow", ".feather", ".h5", ".hdf5", ".mat", ".mdb", ".lmdb", ".beton"),
        ("a table or database", AS_FILES),
    ),
    **dict.fromkeys(
        (".npy", ".npz", ".pt", ".pth", ".pkl", ".pickle", ".safetensors"),
        ("an array file", AS_FILES),
    ),
    **dict.fromkeys(
        (".mp4", ".mov", ".avi", ".mkv", ".webm"),
        ("a film", "write its frames to a folder first: ffmpeg -i FILM frames/%05d.png"),
    ),
    ".toml": ("a suite file", "ganbench run --suite FILE"),
    ".zip": ("a zip inside", "name each zip: --source PHOTOGRAPHS.zip --target PAINTINGS.zip"),
}


def refuse(text: str) -> None:
    """InputError for what is no path of this machine, before the disk is searched.

    A folder that is there is taken whatever it is called.
    """
    if not text.strip():
        raise InputError(
            "the path of the pictures is empty",
            "is a variable of the shell not set? The folder that you are in is called .",
        )
    if scheme := re.match(r"([a-z][a-z0-9+.-]+)://", text, re.IGNORECASE):
        hint = FETCH.get(scheme[1].lower(), DOWNLOAD).format(_typed(text))
        raise InputError(f"{shown(text)} is an address; pictures are read from the disk", hint)
    if text.startswith("~"):
        try:
            Path(text).expanduser()
        except RuntimeError:
            user = shown(text.partition("/")[0])
            raise InputError(f"there is no user {user}", "write the path out, from / on") from None
    if not _is_there(text):
        _refuse_unexpanded(text)


def _refuse_unexpanded(text: str) -> None:
    """InputError for what a shell makes paths of, when it is told to."""
    if variable := re.search(r"\$\w+|\$\{\w+\}|%\w+%", text):
        raise InputError(
            f"there is no {shown(text)}: {shown(variable[0])} stands in it as text",
            "write the path out, or take double quotes, in which the shell fills it in",
        )
    if os.sep == "/" and "\\" in text:
        drive = re.match(r"([a-z]):", text, re.IGNORECASE)
        unix = text.replace("\\", "/")
        typed = f"/mnt/{drive[1].lower()}{unix[2:]}, as WSL has it" if drive else _typed(unix)
        raise InputError(f"there is no {shown(text)}: folders are set apart by / here", typed)
    if re.search(r"[*?\[]", text):
        folder = re.split(r"[^/]*[*?\[]", text, maxsplit=1)[0] or "."
        raise InputError(
            f"{shown(text)} is a pattern, and a folder is wanted", f"name it: {_typed(folder)}"
        )
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    if len(parts) > 1 and any(map(_is_there, parts)):
        first, second = map(_typed, parts[:2])
        raise InputError(
            f"{shown(text)} is more than one path",
            f"put all pictures of a set in one folder; two sets are --source {first}"
            f" --target {second}",
        )


def neither(path: Path) -> InputError:
    """What to say of a file that is no zip, no TFRecord and no picture."""
    what, hint = _known(path.name) or ("", FORMATS)
    is_what = f"{what}, " if what else ""
    return InputError(
        f"{shown(str(path))} is {is_what}neither a folder, a .zip nor a .tfrec file", hint
    )


def advice(names: tuple[str, ...]) -> str:
    """What to do with a folder of such files, where none is a picture."""
    hints = [found[1] for name in names if (found := _known(name)) and found != TEXT]
    return hints[0] if hints else FORMATS


def is_packed(name: str) -> bool:
    """Is it, by its name, an archive that may hold pictures?"""
    return name.lower().endswith(PACKED)


def _known(name: str) -> tuple[str, str] | None:
    """What a file with such an ending is and what to do with it; None: nobody knows."""
    endings = sorted(filter(name.lower().endswith, BY_ENDING), key=len)
    return BY_ENDING[endings[-1]] if endings else None


def _is_there(text: str) -> bool:
    try:
        return os.path.lexists(Path(text).expanduser())
    except (OSError, ValueError, RuntimeError):
        return False


def _typed(text: str) -> str:
    return shlex.quote(printable(text))
