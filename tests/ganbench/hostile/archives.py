"""Zips that mean harm."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np

SLIPS = (
    *("../out.png", "../../../../out2.png", "/etc/out3.png", "a/../../out4.png", "a/./b/../c.png"),
    *("..\\out5.png", "C:\\out6.png", "\\\\host\\share\\out7.png", "//out8.png", "./out9.png"),
    *("con.png", "nul.png", "a\x1b[2J.png", "b\nc.png", " .png", "d/", "e//f.png", "~/out10.png"),
)
LISTED = 600_000  # entries of a zip that only has a list


def archives(picture: bytes, draw: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Their names and bytes; `picture` is a good one."""
    yield "slip.zip", packed([("good/1.png", picture), *((name, picture) for name in SLIPS)])
    yield "twice.zip", packed([("1.png", picture), ("1.png", b"another"), ("2.png", picture)])
    whole = packed([("1.png", picture), ("2.png", picture), ("3.png", picture)])
    for cut in range(1, 6):
        yield f"cut-{cut}.zip", whole[: len(whole) * cut // 6]
    for flip in range(8):
        data = bytearray(whole)
        for place in draw.integers(0, len(whole), 1 + flip):
            data[place] ^= 1 << int(draw.integers(0, 8))
        yield f"flip-{flip}.zip", bytes(data)
    good = entry(b"1.png", picture) + entry(b"2.png", picture)
    zeros = zlib.compress(bytes(2**26), 9)[2:-4]
    for name, more in {
        "claims-less": {"size": 100}, "claims-more": {"size": 2**27},
        "claims-most": {"size": 2**32 - 2}, "honest": {"size": 2**26},
    }.items():  # fmt: skip
        yield f"bomb-{name}.zip", archive(good, entry(b"bomb.png", zeros, method=8, **more))
    yield (
        "bomb-many.zip",
        archive(good, *(entry(b"%d.png" % i, b"x", method=8, size=2**28 - 1) for i in range(99))),
    )
    yield "bomb-nested.zip", packed([("in.zip", whole), ("in.png", whole), ("1.png", picture)])
    yield "locked.zip", archive(good, entry(b"locked.png", picture, flags=1))
    for method in (1, 9, 12, 14, 93, 99):
        yield f"method-{method}.zip", archive(good, entry(b"odd.png", picture, method=method))
    yield "utf8.zip", archive(good, entry(b"\xff\xfe.png", picture, flags=0x800))
    yield "offset.zip", archive(good, (b"", entry(b"far.png", picture)[1]))
    yield "overlap.zip", archive(*[entry(b"1.png", picture)] * 3)
    yield "million.zip", listed(LISTED)
    yield "list-size.zip", struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 9, 9, 2**32 - 2, 0, 0)
    yield "empty.zip", b""
    yield "no-zip.zip", b"not a zip at all"


def packed(entries: list[tuple[str, bytes]]) -> bytes:
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w") as made:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in entries:
            made.writestr(zipfile.ZipInfo(name), content)  # of 1980
    return data.getvalue()


Entry = tuple[bytes, bytes]  # what stands in its place, and in the list but for the place


def entry(
    name: bytes, packed: bytes, method: int = 0, flags: int = 0, size: int | None = None
) -> Entry:
    """An entry that may lie about its size."""
    size = len(packed) if size is None else size
    check = zlib.crc32(packed)
    common = struct.pack("<HHHHIIIHH", flags, method, 0, 0, check, len(packed), size, len(name), 0)
    local = b"PK\3\4" + struct.pack("<H", 20) + common + name + packed
    return local, b"PK\1\2" + struct.pack("<HH", 20, 20) + common + bytes(10) + b"@@@@" + name


def archive(*entries: Entry | bytes) -> bytes:
    """A zip of entries made by `entry`, some of them joined with +."""
    pairs: list[Entry] = []
    for one in entries:
        pairs += [(one[i], one[i + 1]) for i in range(0, len(one), 2)]  # type: ignore[misc]
    data, table = b"", b""
    for local, central in pairs:
        table += central.replace(b"@@@@", struct.pack("<I", len(data)), 1)
        data += local
    end = struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, len(pairs), len(pairs), len(table), len(data), 0
    )
    return data + table + end


def listed(count: int) -> bytes:
    """A zip that is nothing but a list, of `count` entries."""
    one = b"PK\1\2" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, len(one) * count, 0, 0)
    return one * count + end
