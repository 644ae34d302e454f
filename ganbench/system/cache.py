"""Where things that can be made again are kept."""

import os
from pathlib import Path

import platformdirs


def folder(kind: str) -> Path:
    """Folder for one kind of cached thing; the variable GANBENCH_CACHE moves them all."""
    root = os.environ.get("GANBENCH_CACHE") or platformdirs.user_cache_dir("ganbench")
    return Path(root) / kind
