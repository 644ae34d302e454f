"""Pictures put aside on disk for metrics that look at pixels, so that memory stays flat."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ganbench.errors import InputError
from ganbench.system import cache, files

Keep = Callable[[np.ndarray], None]  # puts uint8 N H W 3 pictures aside


@contextmanager
def folder() -> Iterator[Path]:
    """A folder beside the cache that is gone afterwards; /tmp may be memory, or small."""
    root = cache.folder("spool")
    try:
        root.mkdir(parents=True, exist_ok=True)
        made = TemporaryDirectory(dir=root, ignore_cleanup_errors=True)
    except OSError as error:
        raise _no_room(root, error) from None
    with made as name:
        yield Path(name)


@contextmanager
def spool(file: Path, size: tuple[int, int]) -> Iterator[Keep]:
    """What appends pictures of `size`, height and width, to `file`; InputError for a full disk."""

    def keep(part: np.ndarray) -> None:
        try:
            append(part)
        except OSError as error:  # here, since the cache of features would take it for its own
            raise _no_room(file.parent, error) from None

    try:
        with files.growing_array(file, np.dtype(np.uint8), (*size, 3)) as append:
            yield keep
    except OSError as error:
        raise _no_room(file.parent, error) from None


def _no_room(place: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot put pictures aside in {place} ({error.strerror or error})",
        "set GANBENCH_CACHE to a folder with room that can be written",
    )
