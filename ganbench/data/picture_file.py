"""Pictures of a file in the cache, read one by one.

What a memory map has shown stays in the process until the machine is short of memory: after an
epoch that is the whole file. And a map asks the disk page by page, a read for all of a picture.
"""

import mmap
import os
import weakref
from pathlib import Path
from typing import SupportsInt

import numpy as np

from ganbench.system import cache


class PictureFile:
    """The rows of a .npy of uint8 N H W 3, for whoever takes them in any order."""

    def __init__(self, pictures: np.memmap):
        """pictures: the whole file, mapped."""
        self.shape = pictures.shape
        self._path, self._start = Path(str(pictures.filename)), pictures.offset
        self._handle = os.open(self._path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: SupportsInt) -> np.ndarray:
        """One picture, uint8 H W 3; InputError when the file is shorter than it was."""
        row = int(place)
        assert 0 <= row < len(self)
        picture: np.ndarray = np.empty(self.shape[1:], np.uint8)
        left, offset = picture.data.cast("B"), self._start + row * picture.nbytes
        while left:
            count = os.preadv(self._handle, [left], offset)
            if not count:
                raise cache.damaged(self._path.parent)
            left, offset = left[count:], offset + count
        return picture


def unmapped(pictures: np.ndarray) -> np.ndarray | PictureFile:
    """Read a whole mapped file by rows; other arrays, and all where no such reads are, stay."""
    plain = pictures.dtype == np.uint8 and pictures.flags.c_contiguous
    if not (plain and isinstance(pictures, np.memmap) and hasattr(os, "preadv")):  # not on Windows
        return pictures
    whole = isinstance(pictures.base, mmap.mmap)  # a part's base is the map that it is a part of
    return PictureFile(pictures) if whole else pictures
