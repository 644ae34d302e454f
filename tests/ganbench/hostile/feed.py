"""Feed a corpus to the loader and to the reader of `ganbench score`; says what came of it as JSON.

`python feed.py CORPUS OUT`, in a process of its own, so that its peak of memory is that of this.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ganbench.data import recipes
from ganbench.data.convert import convert
from ganbench.data.inspect import inspect_data
from ganbench.data.load import load_one
from ganbench.data.sources import layout
from ganbench.data.sources.tfrecord_format import walk
from ganbench.errors import InputError
from ganbench.scoring import file_set as score
from ganbench.scoring.file_set import FileSide

SIZE = 16


def main(corpus: Path, out: Path) -> dict[str, Any]:
    pictures = str(corpus / "pictures")
    found = times(corpus)
    domain = load_one(pictures, SIZE)
    inspect_data(pictures, None, None, SIZE, out / "page.html")
    found["accepted"] = len(domain.names)
    found["named"] = {one.name: one.reason for one in domain.skipped}
    found["listed"] = len(layout.one_set(pictures).names)
    found["scored"] = scored(pictures)
    found["archives"] = {
        path.name: said(partial(archive, path, out))
        for path in sorted((corpus / "archives").iterdir())
    }
    found["records"] = {
        path.name: len(walk(path)[0]) for path in sorted((corpus / "records").iterdir())
    }
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return found | {"peak_mb": peak_mb(), "seconds": usage.ru_utime + usage.ru_stime}


def peak_mb() -> float:
    """Most memory of this process; getrusage counts what the process that forked it held, too."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def times(corpus: Path) -> dict[str, Any]:
    """The bomb that takes longest, alone."""
    listing = layout.one_set(str(corpus / "pictures" / "bombs"))
    took = []
    for name in listing.names:
        start = time.process_time()
        recipes._try_decode(listing, SIZE, {}, name)
        took.append((time.process_time() - start, name))
    slowest = max(took)
    return {"slowest": slowest[0], "slowest_name": slowest[1]}


def scored(pictures: str) -> dict[str, Any]:
    """Every file looked at; those of one size, and the broken ones, read as one side."""
    listing = layout.one_set(pictures)
    looked = {name: score._look(listing, name).size for name in listing.names}
    alike = [name for name, size in looked.items() if isinstance(size, str) or size == (32, 32)]
    side = FileSide.scanned(
        pictures, layout.Listing("alike", listing.tree, listing.prefix, tuple(alike), False)
    )
    read = sum(len(part) for part in side.parts(16))
    return {"looked": len(looked), "read": read, "named": len(side.skipped()), "of": len(alike)}


def archive(path: Path, out: Path) -> dict[str, Any]:
    done = convert(None, str(path), None, "folder", out / path.name)
    return {"pictures": sum(done.counts.values()), "named": [one.reason for one in done.skipped]}


def said(call: Callable[[], dict[str, Any]]) -> dict[str, Any] | str:
    try:
        return call()
    except InputError as error:
        return str(error)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
