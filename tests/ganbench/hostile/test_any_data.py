"""Whatever the bytes of a picture, a record file or a name are: read, or refused in a few words."""

import gzip
import io
import unicodedata
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ganbench.data.sources import record_picture
from ganbench.data.sources.bounded_read import UnreadableFile, open_zip, read_entry
from ganbench.data.sources.decode import BrokenPicture, Picture, decode, decode_whole, look
from ganbench.data.sources.file_names import LONGEST, Names, safe_name
from ganbench.data.sources.tfrecord_format import (
    FOOTER,
    HEADER,
    is_packed,
    masked_crc,
    unpack,
    walk,
)
from ganbench.errors import InputError
from ganbench.system.text import BAD, printable, shown, spelled

KINDS = ("JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP", "PPM")
names = st.text(max_size=300) | st.text("./\\:~\0\n\x1b\u202e\ud800 aC", max_size=20)
edits = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 6)), max_size=6)


def few_and_many(check: Callable[..., None], few: int, many: int, *values: Any) -> Any:
    """A test of `check` with `few` made-up examples, and the same with `many`, which is slow."""
    calm: dict[str, Any] = {"derandomize": True, "deadline": None, "database": None}
    quick = settings(max_examples=few, **calm)(given(*values)(check))
    return quick, pytest.mark.slow(settings(max_examples=many, **calm)(given(*values)(check)))


@cache
def encoded(kind: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20, 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind)
    return data.getvalue()


def edited(data: bytes, changes: list[tuple[float, bytes, int]], kept: float = 1.0) -> bytes:
    """With bytes replaced, put in and taken out, and cut."""
    for place, put, taken in changes:
        start = int(place * len(data))
        data = data[:start] + put + data[start + taken :]
    return data[: int(kept * len(data))]


def mutated(kind: str, changes: list[tuple[float, bytes, int]], kept: float) -> None:
    data = edited(encoded(kind), changes, kept)
    for use in (lambda: decode(data, 16), lambda: decode_whole(data), lambda: look(data)):
        try:
            found = use()
        except BrokenPicture as reason:
            assert 0 < len(str(reason)) < 200 and str(reason).isprintable()
            continue
        if isinstance(found, Picture):
            assert found.pixels.shape == (16, 16, 3) and found.pixels.dtype == np.uint8


test_a_mutated_picture_is_a_picture_or_named, test_many_mutated_pictures = few_and_many(
    mutated, 150, 10_000, st.sampled_from(KINDS), edits, st.just(1.0) | st.floats(0, 1)
)


def framed(content: bytes) -> bytes:
    head = len(content).to_bytes(8, "little")
    return (
        head + masked_crc(head).to_bytes(4, "little")
        + content + masked_crc(content).to_bytes(4, "little")
    )  # fmt: skip


def walked(contents: list[bytes], changes: list[tuple[float, bytes, int]], tail: bytes) -> None:
    data = edited(b"".join(map(framed, contents)), changes) + tail
    path = Path(FOLDER[0], "any.tfrec")
    path.write_bytes(data)
    frames, lost = walk(path)
    end = 0
    for frame in frames:
        assert frame.offset == end
        end = frame.offset + HEADER + frame.length + FOOTER
    assert end <= len(data)
    assert bool(lost) == (end < len(data) or not frames)


FOLDER: list[Path] = []


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    FOLDER[:] = [tmp_path_factory.mktemp("any")]


test_any_bytes_are_walked_to_where_they_break, test_many_bytes_are_walked = few_and_many(
    walked, 100, 5_000, st.lists(st.binary(max_size=40), max_size=4), edits, st.binary(max_size=40)
)


def unpacked(content: bytes, changes: list[tuple[float, bytes, int]], kept: float) -> None:
    packed, place = Path(FOLDER[0], "any.gz"), Path(FOLDER[0], "any.unpacked")
    packed.write_bytes(edited(gzip.compress(content), changes, kept))
    if is_packed(packed):
        why = unpack(packed, place)
        assert why or changes or place.read_bytes() == content
        assert not why or changes or content.startswith(place.read_bytes())


test_any_packed_bytes_are_unpacked_to_where_they_break, test_many_packed_bytes_are_unpacked = (
    few_and_many(unpacked, 100, 5_000, st.binary(max_size=300), edits, st.floats(0, 1))
)


def features(contents: dict[str, bytes], numbers: dict[str, list[int]]) -> None:
    found = record_picture.find(contents, numbers)
    if isinstance(found, str):
        assert found and found == printable(found)
    else:
        name, data = found
        assert isinstance(name, str) and data


KEYS = ["image", "image_raw", "image_name", "height", "width", "depth", "shape"]
some_bytes = st.binary(max_size=24) | st.sampled_from(KINDS).map(encoded)
some_numbers = st.lists(st.integers(-1, 4) | st.integers(-(2**63), 2**63 - 1), max_size=4)
test_any_features_are_a_picture_or_told, test_many_features_are_a_picture_or_told = few_and_many(
    features, 200, 10_000,
    st.dictionaries(st.sampled_from(KEYS) | names, some_bytes, max_size=5),
    st.dictionaries(st.sampled_from(KEYS), some_numbers, max_size=5),
)  # fmt: skip


@cache
def whole_zip() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in range(3):
            archive.writestr(f"{place}.png", encoded("PNG"))
    return data.getvalue()


def unzipped(changes: list[tuple[float, bytes, int]], kept: float) -> None:
    path = Path(FOLDER[0], "any.zip")
    path.write_bytes(edited(whole_zip(), changes, kept))
    try:
        archive = open_zip(path)
    except InputError:
        return
    for name in archive.namelist():
        try:
            assert len(read_entry(archive, name)) == archive.getinfo(name).file_size
        except UnreadableFile as reason:
            assert str(reason).isprintable()


test_a_mutated_zip_is_read_or_refused, test_many_mutated_zips = few_and_many(
    unzipped, 100, 5_000, edits, st.just(1.0) | st.floats(0, 1)
)


def named(given: list[str], folds_case: bool) -> None:
    taken, own = [], Names(folds_case)
    for name in given:
        safe = safe_name(name)
        assert safe_name(safe) == safe
        parts = PurePosixPath(safe).parts
        assert parts and not PurePosixPath(safe).is_absolute() and ".." not in parts
        assert all(0 < len(part.encode()) <= LONGEST and part[0] != "." for part in parts)
        taken.append(own.take("side", name))
        assert PurePosixPath(taken[-1]).is_relative_to("side")
        spelled(name).encode()  # text that can be written
        assert not set(map(unicodedata.category, shown(name))) & {*BAD}
        assert len(printable(name)) == len(name)
    keys = [name.casefold() if folds_case else name for name in taken]
    assert len(set(keys)) == len(keys)
    assert not any(
        PurePosixPath(one).is_relative_to(other) for one in keys for other in keys if one != other
    )


test_every_name_becomes_a_file_of_its_own_inside, test_many_names = few_and_many(
    named, 150, 10_000, st.lists(names, max_size=6), st.booleans()
)
