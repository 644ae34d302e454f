"""The picture files of a folder or zip as one side of a comparison.

Nothing is cut or resized: that is the extractor's business, and part of its protocol. All files are
looked through once for content, sizes and broken ones, which is quick; pictures are decoded when
they are asked for, a little ahead.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import PIL

from ganbench.data.read_ahead import ReadAhead, workers
from ganbench.data.sources.bounded_read import TemporaryFailure, UnreadableFile
from ganbench.data.sources.decode import BrokenPicture, decode_whole, digest, look
from ganbench.data.sources.layout import Listing
from ganbench.errors import InputError
from ganbench.system.text import shown, spelled
from metrics.registry import Metric

DECODING = 3  # raised when the same file gives other pixels, or is taken where it was not
AHEAD_BYTES = 64 * 2**20  # decoded pictures that may wait for the network
FEWEST_AHEAD = 4
NO_FILE = b""  # digest of a file that cannot be read

Size = tuple[int, int]  # height, width
Part = np.ndarray | list[np.ndarray]  # uint8 N H W 3, or N of H W 3 where sizes differ


@dataclass(frozen=True)
class Looked:
    """What one quick look at a file tells: its digest, and its size or why it is broken."""

    digest: bytes
    size: Size | str
    altered: bool = False  # do its pixels differ from a plain convert("RGB")?
    top: int | None = None  # largest value, of a picture with 16 bits a value


@dataclass
class FileSide:
    """The picture files of a folder or zip, in the order of their names."""

    path: str
    listing: Listing
    pieces: tuple[bytes, ...]
    largest: Size  # the one with the most pixels
    broken: dict[int, str]
    notes: tuple[str, ...] = ()
    sizes: tuple[Size | str, ...] = ()  # of each, only where they differ
    left_out: dict[str, str] = field(default_factory=dict)  # what is no file of the listing -> why
    array: None = None
    _begun: ReadAhead[np.ndarray | str] | None = field(default=None, repr=False)

    @classmethod
    def scanned(
        cls, path: str, listing: Listing, left_out: dict[str, str] | None = None
    ) -> "FileSide":
        """Look at every file; InputError when none is a picture."""
        with ThreadPoolExecutor(workers()) as threads:
            looked = list(threads.map(partial(_look, listing), listing.names))
        broken = {i: file.size for i, file in enumerate(looked) if isinstance(file.size, str)}
        if len(broken) == len(looked):
            raise _no_picture(path, listing, broken)
        known = {file.size for file in looked if not isinstance(file.size, str)}
        ordered = sorted(known, key=lambda size: (size[0] * size[1], size))
        pieces = tuple(file.digest for file in looked)
        notes = (*_altered(path, looked), *_dark(path, looked), *_differing(path, ordered))
        sizes = tuple(file.size for file in looked) if len(ordered) > 1 else ()
        return cls(path, listing, pieces, ordered[-1], broken, notes, sizes, left_out or {})

    @property
    def size(self) -> Size | None:
        """Of all pictures; None where they differ."""
        return None if self.sizes else self.largest

    def why_not(self, metric: Metric) -> str:
        """Why this metric cannot be asked of these pictures; empty where it can."""
        if not self.sizes or "pictures" not in metric.needs:
            return ""
        good = [(i, size) for i, size in enumerate(self.sizes) if not isinstance(size, str)]
        first, size = good[0]
        other, another = next((i, differs) for i, differs in good if differs != size)
        return (
            f"the pictures in {self.path} differ in size: {shown(self.listing.names[first])} is "
            f"{_spoken(size)}, {shown(self.listing.names[other])} is {_spoken(another)}"
        )

    @property
    def content(self) -> str:
        # Pillow's version counts: other decoders differ by bits. Names do not count.
        parts = ("files", DECODING, PIL.__version__, self.pieces)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @property
    def at_most(self) -> int:
        return len(self.listing.names)

    def skipped(self) -> dict[str, str]:
        """Name -> why, of the files that are no usable pictures."""
        return {self.name(place): why for place, why in sorted(self.broken.items())} | self.left_out

    def name(self, place: int) -> str:
        """What a picture is called in a sentence."""
        return spelled(self.listing.names[place])

    def begin(self) -> None:
        """Start to decode before the first picture is asked for."""
        if self._begun is None:
            ahead = max(FEWEST_AHEAD, AHEAD_BYTES // (3 * self.largest[0] * self.largest[1]))
            pool = ThreadPoolExecutor(workers())
            self._begun = ReadAhead(pool, self._decode, range(self.at_most), ahead)

    def parts(self, count: int) -> Iterator[Part]:
        """`count` pictures at a time; notes broken ones and leaves them out."""
        self.begin()
        assert self._begun
        begun, self._begun = self._begun, None
        part: list[np.ndarray] = []
        with closing(begun):
            for place, pixels in enumerate(begun):
                if isinstance(pixels, str):
                    self.broken[place] = pixels
                else:
                    part.append(pixels)
                if len(part) == count:
                    yield self._together(part)
                    part = []
        if part:
            yield self._together(part)
        if len(self.broken) == self.at_most:
            raise _no_picture(self.path, self.listing, self.broken)

    def _together(self, part: list[np.ndarray]) -> Part:
        return part if self.sizes else np.stack(part)

    def _decode(self, place: int) -> np.ndarray | str:
        if place in self.broken:
            return self.broken[place]
        try:
            with self.listing.reading(self.listing.names[place]) as data:
                pixels = decode_whole(data)
        except TemporaryFailure as reason:
            # Features are kept under the bytes that the header was read from.
            name = shown(self.listing.names[place])
            raise InputError(f"{name} of {self.path} {reason}", "start again") from None
        except (UnreadableFile, BrokenPicture) as reason:
            return str(reason)
        if pixels.shape[:2] != (self.sizes[place] if self.sizes else self.largest):
            return f"{pixels.shape[1]}x{pixels.shape[0]}, not the size that its header told"
        return pixels


def _look(listing: Listing, name: str) -> Looked:
    try:
        with listing.reading(name) as data:
            return _looked(data)
    except UnreadableFile as reason:
        return Looked(NO_FILE, str(reason))


def _looked(data: bytes) -> Looked:
    piece = digest(data)
    try:
        header = look(data)
    except BrokenPicture as reason:
        return Looked(piece, str(reason))
    altered = header.turned or header.alpha
    return Looked(piece, (header.height, header.width), altered, header.top)


def _altered(path: str, looked: list[Looked]) -> tuple[str, ...]:
    """A word on files that other programs, which only convert to RGB, read in another way."""
    count = sum(file.altered for file in looked)
    if not count:
        return ()
    return (
        f"{count:,} of {len(looked):,} files of {path} have an EXIF turn, which was applied, or an "
        "alpha channel, which was laid on white; other programs may ignore both",
    )


def _dark(path: str, looked: list[Looked]) -> tuple[str, ...]:
    """A word on files of 16 bits a value that hold fewer: white comes out as a very dark grey."""
    tops = [file.top for file in looked if file.top]
    # One picture may be that dark by itself; that all of them are below 14 bits is no chance.
    most = 14 if max(tops, default=2**16) < 2**14 else 12
    low = [top for top in tops if top < 2**most]
    if not low:
        return ()
    bits = next(bits for bits in (8, 10, 12, 14) if max(low) < 2**bits)
    return (
        f"{len(low):,} of {len(looked):,} files of {path} are 16-bit pictures with values up to "
        f"{max(low):,} only, which looks like {bits}-bit data stored unscaled: they are very "
        f"dark; if so, save them anew: np.rint(pixels * (65535 / {2**bits - 1})).astype(np.uint16)",
    )


def _no_picture(path: str, listing: Listing, broken: dict[int, str]) -> InputError:
    return InputError(f"{path} has no readable picture ({shown(listing.names[0])}: {broken[0]})")


def _differing(path: str, ordered: list[Size]) -> tuple[str, ...]:
    """A word on pictures of several sizes, which are given from the smallest to the largest."""
    if len(ordered) == 1:
        return ()
    return (
        f"the pictures in {path} are of {len(ordered):,} sizes, from {_spoken(ordered[0])} to "
        f"{_spoken(ordered[-1])}: each is resized alone, and what that blurs counts in every score",
    )


def _spoken(size: Size) -> str:
    return f"{size[1]}x{size[0]}"
