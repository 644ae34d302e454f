import struct
from pathlib import Path

import pytest

from ganbench.data.sources.tfrecord_format import HEADER, Frame, file_name, masked_crc, walk


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
