"""Pictures that claim or unpack to more than they should."""

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

SIDE = 32
HUGE = 2**31 - 1


def chunk(kind: bytes, body: bytes) -> bytes:
    """One of a PNG."""
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


def png(width: int, height: int, *chunks: bytes, colour: int = 2, depth: int = 8) -> bytes:
    """A PNG that claims to be so large."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def jpeg(**options: object) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (9, 99, 200)).save(data, "JPEG", **options)
    return data.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    """One of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def directory(tags: int, claimed: int, blob: bytes) -> bytes:
    """A TIFF whose tags all claim the same bytes."""
    entries = (struct.pack("<HHII", 700 + i, 7, claimed, 8) for i in range(tags))
    table = struct.pack("<H", tags) + b"".join(entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(blob)) + blob + table


def tiff(**tags: int) -> bytes:
    """A TIFF of one strip, whose tags say what they like."""
    names = {"width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262}
    names |= {"offset": 273, "samples": 277, "rows": 278, "count": 279, "tile": 322, "tall": 323}
    names |= {"tiles": 324, "tile_bytes": 325}
    sane = {"width": 32, "height": 32, "bits": 8, "compression": 1, "photometric": 1}
    sane |= {"offset": 8, "samples": 1, "rows": 32, "count": 1024}
    used = sorted((names[name], value) for name, value in (sane | tags).items())
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in used)
    strip = bytes(1024)
    return (
        b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip
        + struct.pack("<H", len(used)) + table + struct.pack("<I", 8)
    )  # fmt: skip


def bombs(gif: bytes) -> Iterator[tuple[str, bytes]]:
    """Their names and bytes; `gif` is a good one."""
    tags = directory(5_000, 60_000, b"")
    yield from png_bombs(tags)
    yield from jpeg_bombs(tags)
    yield from gif_bombs(gif)
    yield from tiff_bombs()
    yield from other_bombs()


def png_bombs(tags: bytes) -> Iterator[tuple[str, bytes]]:
    zeros, long = zlib.compress(bytes(2**24)), zlib.compress(b"a" * 2**26)
    for side in (9_000, 12_000, 30_000, 65_535, HUGE):
        yield f"png-{side}.png", png(side, side, chunk(b"IDAT", zeros))
    yield "png-wide.png", png(HUGE, 1, chunk(b"IDAT", zeros))
    pixel = chunk(b"IDAT", zlib.compress(bytes(SIDE * (SIDE * 3 + 1))))
    for kind, head in ((b"zTXt", b"k\0\0"), (b"iTXt", b"k\0\1\0\0\0"), (b"iCCP", b"k\0\0")):
        yield f"png-{kind.decode()}.png", png(SIDE, SIDE, chunk(kind, head + long), pixel)
    many = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 2**20)) * 500
    yield "png-texts.png", png(SIDE, SIDE, many, pixel)
    yield "png-pieces.png", png(SIDE, SIDE, chunk(b"IDAT", b"") * 400_000, pixel)
    yield "png-length.png", png(SIDE, SIDE)[:-12] + struct.pack(">I", HUGE) + b"IDATxyz"
    yield "png-exif.png", png(SIDE, SIDE, chunk(b"eXIf", tags + bytes(10**6)), pixel)


def jpeg_bombs(tags: bytes) -> Iterator[tuple[str, bytes]]:
    plain = jpeg()
    yield "jpeg-exif.jpg", plain[:2] + segment(0xE1, b"Exif\0\0" + tags) + plain[2:]
    yield "jpeg-exifs.jpg", plain[:2] + segment(0xE1, b"Exif\0\0" + bytes(65000)) * 400 + plain[2:]
    yield "jpeg-mpf.jpg", plain[:2] + segment(0xE2, b"MPF\0" + tags) + plain[2:]
    icc = segment(0xE2, b"ICC_PROFILE\0\1\xff" + bytes(65000))
    yield "jpeg-icc.jpg", plain[:2] + icc * 400 + plain[2:]
    yield "jpeg-fill.jpg", plain[:2] + b"\xff" * 2**22 + plain[2:]
    frame = plain.index(b"\xff\xc0") + 5
    for width, height in ((65_535, 65_535), (10_000, 10_000), (65_535, 1), (0, 0)):
        size = struct.pack(">HH", height, width)
        yield f"jpeg-{width}x{height}.jpg", plain[:frame] + size + plain[frame + 4 :]
    yield "jpeg-scans.jpg", scans(2_000)


def gif_bombs(gif: bytes) -> Iterator[tuple[str, bytes]]:
    yield "gif-claims.gif", gif[:6] + b"\xff" * 4 + gif[10:]
    table = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    comment = b"\x21\xfe" + (b"\xff" + b"c" * 255) * 40_000 + b"\0"
    yield "gif-comment.gif", gif[:table] + comment + gif[table:]
    yield "gif-frames.gif", gif[:-1] + gif[table:-1] * 20_000 + b";"


def tiff_bombs() -> Iterator[tuple[str, bytes]]:
    yield "tiff-tags.tif", directory(20_000, 200_000, bytes(200_000))
    for name, wrong in {
        "size": {"width": HUGE, "height": HUGE}, "large": {"width": 60_000, "height": 60_000},
        "strip": {"count": HUGE}, "rows": {"rows": 0}, "bits": {"bits": 2**16 - 1},
        "samples": {"samples": 60_000}, "nothing": {"width": 0, "height": 0},
        "lzw": {"compression": 5}, "jpeg": {"compression": 7}, "fax": {"compression": 4},
        "tile": {"tile": 2**20, "tall": 2**20, "tiles": 8, "tile_bytes": 8, "compression": 5},
        "offset": {"offset": HUGE}, "unknown": {"compression": 34892},
    }.items():  # fmt: skip
        yield f"tiff-{name}.tif", tiff(**wrong)


def other_bombs() -> Iterator[tuple[str, bytes]]:
    yield "webp-claims.webp", webp(16_383)
    yield "webp-large.webp", webp(6_500)
    yield "ppm-plain.ppm", b"P3 1500 1500 255\n" + b"1 " * 6_750_000
    yield "ppm-254.ppm", b"P6 1500 1500 254\n" + bytes(6_750_000)
    yield "ppm-claims.ppm", b"P6 99999 99999 255\n"
    yield "ppm-digits.ppm", b"P6 " + b"9" * 10**6
    yield "bmp-rle.bmp", bmp(3_000, 1, b"\1\5" * 9 * 10**6)
    yield "bmp-lines.bmp", bmp(3_000, 1, bytes(16 * 10**6))
    yield "bmp-claims.bmp", bmp(60_000, 0, b"")


def scans(count: int) -> bytes:
    """A progressive JPEG of 16 million pixels that is gone through again and again."""
    data = io.BytesIO()
    Image.new("L", (4_000, 4_000)).save(data, "JPEG", progressive=True)
    whole = data.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * count + whole[-2:]


def webp(side: int) -> bytes:
    """A lossless one of one colour would be 100 bytes; this one is cut after its header."""
    bits = 0x2F | (side - 1) << 8 | (side - 1) << 22
    body = b"VP8L" + struct.pack("<I", 10) + bits.to_bytes(5, "little") + bytes(5)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def bmp(side: int, compression: int, body: bytes) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, compression, 0, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 1078) + header + bytes(1024) + body
