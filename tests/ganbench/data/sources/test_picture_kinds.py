import io

import pytest
from PIL import Image

from ganbench.data.sources import picture_kinds
from ganbench.data.sources.picture_kinds import ENDINGS, by_ending, kind, usual_ending, why_unread


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.JPG", "JPEG"),
        ("a.pjpeg", "JPEG"),
        ("a.jpg_large", "JPEG"),
        ("a.jpg?size=large", "JPEG"),
        ("a.b/c.heic", "HEIC"),
        ("a.NEF", "unread"),
        ("a.jxl", "unread"),
        ("a.TGA", "unread"),
        ("a.dcm", "unread"),
        ("a.jpg.json", ""),
        ("labels.npy", ""),
        ("Thumbs.db", ""),
        ("SHA256SUMS", None),
        ("IMG_0001", None),
        ("a.jpg?size=1.5", None),
        ("a.jpgs", None),
        ("a.\u753b", None),
        ("a.", None),
    ],
)
def test_an_ending_promises_a_picture_or_none_or_asks_for_a_look(name: str, found) -> None:
    assert by_ending(name) == found


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF"])
def test_what_pillow_writes_is_known_by_its_first_bytes(form: str) -> None:
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, form)
    assert kind(data.getvalue()).upper() == form
    assert by_ending(f"a{usual_ending(data.getvalue())}") == kind(data.getvalue())


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"\0\0\0\x1cftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\xff\x4f\xff\x51\0\x2f", "JPEG 2000"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"II*\0\x10\0\0\0CR\2\0", "a camera's raw"),
        (b"II+\0\x08\0\0\0", "TIFF"),
        (b"P5\n# made by hand\n8 8\n255\n", "PGM"),
        (b"8BPS\0\1", "PSD"),
    ],
)
def test_formats_of_phones_and_cameras_are_known(start: bytes, found: str) -> None:
    assert kind(start) == found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BMW 2002, a photograph of\nwhich there is no other",
        b"P5 is the fifth picture",
        b"d41d8cd98f00b204e9800998ecf8427e  a.jpg\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",  # Thumbs.db
        b"\0\0\0\1Bud1",  # .DS_Store
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x18ftypmp42",
        b"#!/bin/sh\n",
    ],
)
def test_other_files_are_no_pictures(data: bytes) -> None:
    assert kind(data) == ""
    assert why_unread(data) == "not a picture"


def test_what_is_not_read_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    heic = b"\0\0\0\x1cftypheic\0\0\0\0"
    monkeypatch.setattr(picture_kinds, "HEIF", "")
    assert why_unread(heic) == 'HEIC, which needs pillow-heif: pip install "ganbench[heif]"'
    assert not picture_kinds.is_read("HEIC")
    monkeypatch.setattr(picture_kinds, "HEIF", "1.8.1")
    assert why_unread(heic) == "not a picture"  # a damaged one
    assert picture_kinds.is_read("HEIC")
    assert why_unread(b"\xff\x0a") == "JPEG XL, which is not read: save it as PNG"


def test_no_ending_is_of_two_kinds() -> None:
    every = [ending for endings in ENDINGS.values() for ending in endings]
    every += [*picture_kinds.UNREAD, *picture_kinds.NO_PICTURES]
    assert len(set(every)) == len(every)
