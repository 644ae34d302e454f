import gzip
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ganbench.data.sources import tfrecord_format
from ganbench.data.sources.tfrecord_format import (
    HEADER,
    Frame,
    file_name,
    is_packed,
    masked_crc,
    unpack,
    walk,
)


def record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    checks = (struct.pack("<I", masked_crc(part)) for part in (length, content))
    return length + next(checks) + content + next(checks)


def test_the_checksum_is_the_published_one() -> None:
    # CRC-32C of "123456789" is E3069283 (RFC 3720's polynomial), here rotated and moved
    turned = 0xE3069283 >> 15 | (0xE3069283 << 17 & 0xFFFFFFFF)
    assert masked_crc(b"123456789") == (turned + 0xA282EAD8) % 2**32


def test_whole_files_are_walked_to_their_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(record(b"one") + record(b"") + record(b"three"))
    assert walk(tmp_path / "a") == ([Frame(0, 3), Frame(19, 0), Frame(35, 5)], "")


@pytest.mark.parametrize(
    ("tail", "why"),
    [
        (record(b"lost")[:-1], "cut short after record 00001: what follows is lost"),
        (record(b"lost")[:HEADER], "cut short after record 00001: what follows is lost"),
        (record(b"lost")[:5], "cut short after record 00001: what follows is lost"),
        (b"\x05" + record(b"lost")[1:], "damaged after record 00001: what follows is lost"),
        (bytes(40), "damaged after record 00001: what follows is lost"),
    ],
)
def test_the_place_where_a_file_breaks_is_said(tmp_path: Path, tail: bytes, why: str) -> None:
    (tmp_path / "a").write_bytes(record(b"one") + record(b"two") + tail)
    frames, lost = walk(tmp_path / "a")
    assert (len(frames), lost) == (2, why)


def test_a_false_length_of_terabytes_is_a_cut_file(tmp_path: Path) -> None:
    length = struct.pack("<Q", 2**42)
    (tmp_path / "a").write_bytes(length + struct.pack("<I", masked_crc(length)) + b"little")
    assert walk(tmp_path / "a") == ([], "not a TFRecord file, or cut short in its first record")


def test_other_files_and_empty_ones_are_named_for_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"something else entirely")
    (tmp_path / "b").write_bytes(b"")
    assert walk(tmp_path / "a")[1] == "not a TFRecord file, or damaged in its first record"
    assert walk(tmp_path / "b") == ([], "the file is empty")


@pytest.mark.parametrize(
    ("given", "data", "name"),
    [
        ("25c9904782", b"\xff\xd8\xff\xe0", "25c9904782.jpg"),
        ("25c9904782", b"\x89PNG\r\n\x1a\n", "25c9904782.png"),
        ("a.b", b"RIFF0000WEBP", "a.b.webp"),
        ("a", b"0000ftypavif", "a.avif"),
        ("sub/a.JPEG", b"\x89PNG\r\n\x1a\n", "sub/a.JPEG"),  # a file keeps the name it had
        ("  ", b"GIF89a", "monet00-60-00007.gif"),
        ("a", b"nothing known", "a.jpg"),
    ],
)
def test_names_get_the_ending_that_goes_with_the_picture(
    given: str, data: bytes, name: str
) -> None:
    assert file_name(given, data, "monet00-60-00007") == name


PICTURES = record(b"one") + record(b"two")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_packed_files_are_unpacked_whole(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    content = PICTURES + record(bytes(2**18)) + record(os.urandom(2**18))
    (tmp_path / "a").write_bytes(pack(content))
    assert is_packed(tmp_path / "a")
    assert unpack(tmp_path / "a", tmp_path / "b") == ""
    assert (tmp_path / "b").read_bytes() == content


@pytest.mark.parametrize("between", [b"", bytes(512)])
def test_gzip_files_may_follow_one_another(tmp_path: Path, between: bytes) -> None:
    parts = gzip.compress(PICTURES) + between + gzip.compress(record(b"three")) + between
    (tmp_path / "a").write_bytes(parts)
    assert unpack(tmp_path / "a", tmp_path / "b") == ""
    assert (tmp_path / "b").read_bytes() == PICTURES + record(b"three")


@pytest.mark.parametrize("content", [b"", b"\x1f", b"x", PICTURES, record(bytes(0x088B1F))])
def test_plain_files_are_not_unpacked_even_if_a_length_looks_like_gzip(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a").write_bytes(content)
    assert not is_packed(tmp_path / "a")


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (
            gzip.compress(PICTURES, mtime=0)[:-3],
            "cut short where it is compressed: what follows is lost",
        ),
        (
            gzip.compress(PICTURES, mtime=0)[:11],
            "cut short where it is compressed: what follows is lost",
        ),
        (b"\x1f\x8b\x08", "cut short where it is compressed: what follows is lost"),
        (b"\x78\x9c" + b"\xff" * 40, "damaged where it is compressed: what follows is lost"),
        (
            gzip.compress(PICTURES, mtime=0) + b"tail",
            "damaged where it is compressed: what follows is lost",
        ),
    ],
)
def test_the_part_of_a_packed_file_that_is_lost_is_said(
    tmp_path: Path, packed: bytes, why: str
) -> None:
    (tmp_path / "a").write_bytes(packed)
    assert unpack(tmp_path / "a", tmp_path / "b") == why
    assert PICTURES.startswith((tmp_path / "b").read_bytes())


def test_a_bomb_is_unpacked_to_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfrecord_format, "FREE", 2**20)
    packed = gzip.compress(bytes(2**25))
    (tmp_path / "a").write_bytes(packed)
    why = "unpacks to more than 100 times its size: the rest is left out"
    assert unpack(tmp_path / "a", tmp_path / "b") == why
    assert (tmp_path / "b").stat().st_size <= 2**20 + 100 * len(packed) + 2**16
