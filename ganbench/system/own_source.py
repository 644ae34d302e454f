"""Which code runs here: a digest of our packages, to be held against that of another machine."""

import hashlib
import importlib.util
from pathlib import Path

PACKAGES = ("ganbench", "ganzoo", "metrics")


def digest() -> str:
    """sha256 over names and bytes of every module of ours."""
    whole = hashlib.sha256()
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        assert found and found.origin
        folder = Path(found.origin).parent
        for file in sorted(folder.rglob("*.py")):
            name = f"{package}/{file.relative_to(folder).as_posix()}"
            whole.update(f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
