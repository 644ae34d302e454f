"""Where things that can be made again are kept."""

import os
from pathlib import Path

import platformdirs

from ganbench.errors import InputError


def folder(kind: str) -> Path:
    """Folder for one kind of cached thing; the variable GANBENCH_CACHE moves them all."""
    root = os.environ.get("GANBENCH_CACHE") or platformdirs.user_cache_dir("ganbench")
    return Path(root) / kind


def unwritable(folder: Path, error: OSError) -> InputError:
    """What to say when a cache folder does not take what is put there."""
    return InputError(
        f"cannot write to the cache folder {folder} ({error.strerror or error})",
        "set GANBENCH_CACHE to a folder with room that can be written",
    )


def damaged(folder: Path) -> InputError:
    """What to say of what is no longer what was put there."""
    return InputError(f"{folder} in the cache is damaged", "start again, it is made anew")
