"""Files that mean harm, the same ones for the same seed: pictures, archives, records, names.

`python corpus.py FOLDER [SEED]` writes them.
"""

import contextlib
import io
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from archives import archives
from bombs import SIDE, bombs
from PIL import Image, features

from ganbench.data.sources.tfrecord_format import masked_crc

CUTS, FLIPS, SPLICES = 8, 9, 3
KINDS: dict[str, dict[str, object]] = {
    "JPEG": {},
    "JPEG progressive": {"progressive": True},
    "PNG": {},
    "PNG 1-bit": {"bits": 1},
    "GIF": {},
    "TIFF": {},
    "TIFF lzw": {"compression": "tiff_lzw"},
    "TIFF deflate": {"compression": "tiff_adobe_deflate"},
    "TIFF jpeg": {"compression": "jpeg"},
    "WEBP": {},
    "WEBP lossless": {"lossless": True},
    "BMP": {},
    "PPM": {},
    "AVIF": {"speed": 10},
}
Files = Iterator[tuple[str, bytes]]


def write(root: Path, seed: int = 0) -> None:
    """Fill `root`, a new folder, with pictures/, archives/ and records/."""
    draw = np.random.default_rng(seed)
    for folder, made in (
        ("pictures/damaged", damaged(draw)),
        ("pictures/bombs", bombs(encoded("GIF", np.random.default_rng(0)))),
        ("pictures/strangers", strangers()),
        ("archives", archives(encoded("PNG", draw), draw)),
        ("records", records(encoded("PNG", draw))),
    ):
        (root / folder).mkdir(parents=True)
        for name, data in made:
            (root / folder / name).write_bytes(data)
    no_files(root / "pictures" / "nofiles")
    strange_names(root / "pictures" / "names", draw)


def encoded(kind: str, draw: np.random.Generator) -> bytes:
    """A sane picture of SIDE x SIDE."""
    form = kind.split()[0]
    image = Image.fromarray(draw.integers(0, 256, (SIDE, SIDE, 3), np.uint8))
    if form == "GIF" or "bits" in KINDS[kind]:
        image = image.convert("P")
    data = io.BytesIO()
    image.save(data, form, **KINDS[kind])
    return data.getvalue()


def damaged(draw: np.random.Generator) -> Files:
    """Every kind whole, cut, with flipped bits, and with bytes put in or taken out."""
    for kind in KINDS:
        if kind == "AVIF" and not features.check("avif"):
            continue
        whole, stem = encoded(kind, draw), kind.replace(" ", "-")
        ending = f".{kind.split()[0].lower()}"
        yield f"{stem}-whole{ending}", whole
        for cut in range(CUTS):
            yield f"{stem}-cut-{cut}{ending}", whole[: len(whole) * cut // CUTS]
        for flip in range(FLIPS):
            yield f"{stem}-flip-{flip}{ending}", flipped(whole, 1 + flip, draw)
        for splice in range(SPLICES):
            place, length = int(draw.integers(4, len(whole))), int(draw.integers(1, 64))
            between = draw.bytes(length) if splice % 2 else b""
            yield (
                f"{stem}-splice-{splice}{ending}",
                (whole[:place] + between + whole[place + length * (splice % 2 == 0) :]),
            )


def flipped(whole: bytes, count: int, draw: np.random.Generator) -> bytes:
    """With `count` flipped bits, half of them where the headers are."""
    data = bytearray(whole)
    for turn in range(count):
        place = int(draw.integers(0, min(len(data), 64) if turn % 2 else len(data)))
        data[place] ^= 1 << int(draw.integers(0, 8))
    return bytes(data)


def strangers() -> Files:
    """What is no picture at all, and formats that Pillow would run a program for."""
    yield "empty.jpg", b""
    yield "text.jpg", b"this is not a picture\n"
    yield "page.png", b"<html><script>alert(1)</script></html>"
    yield "vector.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    yield "script.jpg", b"#!/bin/sh\ntouch /tmp/harm\n"
    yield "pickle.png", b"\x80\x04cos\nsystem\n(S'touch harm'\ntR."
    yield "postscript.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) run\n"
    yield "array.png", b"\x93NUMPY\1\0"
    yield "zip.jpg", b"PK\x05\x06" + bytes(18)
    yield "zeros.jpg", bytes(2**20)
    yield "ones.png", b"\xff" * 2**20
    for name, form in (("icon", "ICO"), ("qoi", "QOI"), ("tga", "TGA"), ("dds", "DDS")):
        data = io.BytesIO()
        with contextlib.suppress(KeyError, OSError):  # not every Pillow writes each of them
            Image.new("RGB", (SIDE, SIDE)).save(data, form)
        yield f"{name}.png", data.getvalue()


def no_files(folder: Path) -> None:
    """Pipes, sockets, devices, links that lead to them, nowhere, back, or in a circle."""
    folder.mkdir()
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        there = Path.cwd()
        os.chdir(folder)  # the name of a socket has 108 bytes at most
        listener.bind("socket.jpg")
        os.chdir(there)
    links = {"zero": "/dev/zero", "random": "/dev/urandom", "null": "/dev/null", "tty": "/dev/tty"}
    links |= {"to-pipe": "pipe.jpg", "nowhere": "not-there.jpg", "itself": "itself.jpg"}
    links |= {"a": "b.jpg", "b": "a.jpg", "memory": "/proc/self/mem", "messages": "/proc/kmsg"}
    for name, goal in links.items():
        (folder / f"{name}.jpg").symlink_to(goal)
    (folder / "folder.jpg").mkdir()
    (folder / "round").symlink_to(folder, target_is_directory=True)


def strange_names(folder: Path, draw: np.random.Generator) -> None:
    """Good pictures whose names do harm where they are shown."""
    folder.mkdir()
    names = [b"new\nline.png", b"\x1b]0;title\x07.png", b"\x1b[2J.png", b"\xff\xfe.png"]
    names += [b"<script>alert(1)</script>.png".replace(b"/", b"\\"), b"quo\"te'.png", b"a;b|c.png"]
    names += ["\u202egnp.jpg".encode(), b"n" * 251 + b".png", b"-rf.png", b"[bold]rich.png"]
    names += [b"%s%n.png", b"{{7*7}}.png", b"con.png", b"\r.png", "ä".encode() + b"\xc3.png"]
    for name in names:
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(encoded("PNG", draw))


def record(content: bytes, length: int | None = None, flip: int = 0) -> bytes:
    """A TFRecord, which may claim another length or have a wrong checksum."""
    head = struct.pack("<Q", len(content) if length is None else length)
    return (
        head + struct.pack("<I", masked_crc(head) ^ flip & 1)
        + content + struct.pack("<I", masked_crc(content) ^ flip >> 1)
    )  # fmt: skip


def records(picture: bytes) -> Files:
    """TFRecords whose lengths and checksums lie."""
    for power in (16, 31, 32, 40, 62, 63, 64):
        yield f"length-2-{power}.tfrec", record(picture, 2**power - 1)
    yield "length-0.tfrec", record(picture, 0)
    yield "empties.tfrec", record(b"") * 1_000
    yield "length-check.tfrec", record(picture, flip=1)
    yield "content-check.tfrec", record(picture, flip=2)
    yield "no-example.tfrec", record(b"\xff" * 100)
    yield "text.tfrec", b"no record at all, but long enough for a header"
    yield "empty.tfrec", b""
    yield "cut.tfrec", record(picture)[:-9]
    yield "field-length.tfrec", record(b"\x0a\xff\xff\xff\xff\x0f" + picture)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
