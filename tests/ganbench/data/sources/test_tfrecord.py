import errno
import gzip
import importlib.util
import io
import os
import struct
import sys
import types
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench.data import recipes
from ganbench.data.load import load_one
from ganbench.data.sources import layout, tfrecord, tfrecord_format
from ganbench.data.sources.tfrecord_format import masked_crc
from ganbench.data.store import Domain
from ganbench.errors import InputError
from ganbench.system import child_process

# find_spec looks for the package and does not import it: this process may hold torch
needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
DAMAGED = "the record is damaged (its checksum is wrong)"


def picture(seed: int, kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind, lossless=True)
    return data.getvalue()


def field(number: int, content: bytes) -> bytes:
    """A protobuf field of bytes."""
    length, rest = b"", len(content)
    while rest > 127:
        length, rest = length + bytes([rest & 127 | 128]), rest >> 7
    return bytes([number << 3 | 2]) + length + bytes([rest]) + content


def example(**values: bytes | list[int]) -> bytes:
    """An Example of bytes and small numbers; __ in a key is a slash."""
    entries = (
        field(1, field(1, key.replace("__", "/").encode()) + field(2, listed(value)))
        for key, value in values.items()
    )
    return field(1, b"".join(entries))


def listed(value: bytes | list[int]) -> bytes:
    return (
        field(3, field(1, bytes(value))) if isinstance(value, list) else field(1, field(1, value))
    )


def record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    checks = [struct.pack("<I", masked_crc(part)) for part in (length, content)]
    return length + checks[0] + content + checks[1]


def good(seed: int, name: str = "", kind: str = "PNG") -> bytes:
    return record(example(image=picture(seed, kind), image_name=name.encode(), target=b"x"))


def spoiled(whole: bytes, place: int) -> bytes:
    return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]


def write(folder: Path, **contents: bytes) -> None:
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / f"{name}.tfrec").write_bytes(content)


@pytest.fixture(scope="module")
def loaded_before() -> bool:
    """Had another test of this process loaded TensorFlow?"""
    return "tensorflow" in sys.modules


@pytest.fixture(scope="module")
def mixed(loaded_before: bool, tmp_path_factory: pytest.TempPathFactory) -> Domain:
    """What is left of a set with every kind of damage; TensorFlow is started once for all."""
    folder = tmp_path_factory.mktemp("records")
    holes = [
        good(10, "first.png"),
        spoiled(good(11), 100),  # in the content
        record(example(label=b"a dog", image_name=b"n")),
        record(b"\xff not an Example"),
        record(example(image=b"", target=b"x")),
        record(example(image=b"no picture", image_name=b"broken")),
        spoiled(good(11), len(good(11)) - 1),  # in the checksum of the content
        record(b""),
        good(13, "../last"),
    ]
    huge = struct.pack("<Q", 2**40)
    write(
        folder / "set",
        a=good(1, "25c9904782") + good(2, "ü/b.webp", "WEBP") + good(3),
        b_holes=b"".join(holes),
        c_cut=good(20) + good(21)[:-7],
        d_length=good(30) + spoiled(good(31), 0) + good(32),
        e_huge=good(40) + huge + struct.pack("<I", masked_crc(huge)) + b"little",
        f_noise=b"nothing of the kind, though long enough",
        g_empty=b"",
    )
    write(folder / "set" / "below", a=good(50))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANBENCH_CACHE", str(folder / "cache"))
        return load_one(str(folder / "set"), 16)


def test_without_tensorflow_one_sentence_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "monet.tfrec").write_bytes(b"anything")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InputError, match="needs TensorFlow") as caught:
        load_one(str(tmp_path / "monet.tfrec"), 16)
    assert caught.value.hint == 'pip install "ganbench[tensorflow]"'


def test_a_reader_that_dies_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "monet.tfrec").write_bytes(b"anything")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    died = child_process.Ended(-6, (), "noise\nLLVM ERROR: boom")
    monkeypatch.setattr(child_process, "run", lambda *_: died)
    with pytest.raises(InputError, match=r"ended early \(LLVM ERROR: boom\)"):
        load_one(str(tmp_path / "monet.tfrec"), 16)


def test_a_set_without_a_good_record_is_refused_with_the_reason_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "monet.tfrec").write_bytes(b"anything")
    why = "no picture under any key (keys: jpeg)"
    found = tfrecord.Unpacked(tmp_path / "empty.zip", [], [("monet.tfrec/00000", why)])
    monkeypatch.setattr(tfrecord, "unpack", lambda *_: [found])
    with pytest.raises(InputError, match=r"no readable picture .*/00000: no .*keys: jpeg"):
        load_one(str(tmp_path / "monet.tfrec"), 16)


def test_the_cache_knows_records_by_their_bytes_even_when_there_are_very_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ganbench.data.sources.bounded_read.MOST_BYTES", 10
    )  # of one picture, not of a set
    prints = set()
    for content in (b"twelve bytes", b"other twelve"):
        (tmp_path / "a.tfrec").write_bytes(content)
        prints.add(recipes.listed(layout.one_set(str(tmp_path)), 16).fingerprint)
    monkeypatch.setattr(tfrecord, "VERSION", tfrecord.VERSION + 1)
    prints.add(recipes.listed(layout.one_set(str(tmp_path)), 16).fingerprint)
    assert len(prints) == 3


@pytest.mark.tensorflow
@needs_tensorflow
def test_good_records_are_used_whatever_lies_between_them(
    mixed: Domain, loaded_before: bool
) -> None:
    expected = {
        "a.tfrec/00000-25c9904782.png": 1,
        "a.tfrec/00001-ü-b.webp": 2,
        "a.tfrec/00002-a-00002.png": 3,
        "b_holes.tfrec/00000-first.png": 10,
        "b_holes.tfrec/00008-last.png": 13,
        "below/a.tfrec/00000-a-00000.png": 50,
        "c_cut.tfrec/00000-c_cut-00000.png": 20,
        "d_length.tfrec/00000-d_length-00000.png": 30,
        "e_huge.tfrec/00000-e_huge-00000.png": 40,
    }
    assert mixed.names == tuple(expected)
    for row, seed in zip(mixed.pictures, expected.values(), strict=True):
        with Image.open(io.BytesIO(picture(seed))) as image:
            assert np.array_equal(row, np.asarray(image)), seed
    assert ("tensorflow" in sys.modules) == loaded_before  # it has a process of its own


@pytest.mark.tensorflow
@needs_tensorflow
def test_every_record_that_is_left_out_is_named_with_its_reason(mixed: Domain) -> None:
    keys = "no picture under any key (keys: {})"
    assert {one.name: one.reason for one in mixed.skipped} == {
        "b_holes.tfrec/00001": DAMAGED,
        "b_holes.tfrec/00002": keys.format("image_name, label"),
        "b_holes.tfrec/00003": "the record holds no Example",
        "b_holes.tfrec/00004": keys.format("image, target"),
        "b_holes.tfrec/00005-broken.jpg": "not a picture",
        "b_holes.tfrec/00006": DAMAGED,
        "b_holes.tfrec/00007": keys.format("none"),
        "c_cut.tfrec": "cut short after record 00000: what follows is lost",
        "d_length.tfrec": "damaged after record 00000: what follows is lost",
        "e_huge.tfrec": "cut short after record 00000: what follows is lost",
        "f_noise.tfrec": "not a TFRecord file, or damaged in its first record",
        "g_empty.tfrec": "the file is empty",
    }
    assert len(mixed.describe()["skipped"]) == 12


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    """What is left of files in other hands, by one start of TensorFlow."""
    folder = tmp_path_factory.mktemp("foreign")
    two = good(3) + good(4)
    pixels = bytes(range(16 * 16 * 3 // 4)) * 4
    contents = {
        "a.record": record(example(image__encoded=picture(1), image__filename=b"x/y.png")),
        "b.tfrecords.gz": gzip.compress(good(2)),
        "c-00000-of-00001": zlib.compress(two),
        "d.tfrecord-00000-of-00002": gzip.compress(good(5)) + gzip.compress(good(6)),
        "e.tfrecord.gz": good(7),  # as it is, in spite of its name
        "f.tfrec.gz": gzip.compress(two + os.urandom(2**17))[: 2**16],
        "g.tfrec.gz": spoiled(gzip.compress(two), -8),  # gzip's own checksum
        "h.tfrec.gz": gzip.compress(spoiled(good(8), 100) + good(9)),
        "i.tfrec.gz": gzip.compress(b"no record, but long enough to be one"),
        "j.tfrec": record(example(image_raw=pixels, height=[16], width=[16], depth=[3])),
        "k.tfrec": record(example(data=pixels, shape=[3, 16, 16])),
        "l.tfrec": record(field(1, b"") + field(2, field(1, field(1, b"frames")))),
        "m.tfrec": record(example(a=picture(1), b=picture(2))),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANBENCH_CACHE", str(folder / "cache"))
        return load_one(str(folder), 16)


@pytest.mark.tensorflow
@needs_tensorflow
def test_files_in_other_hands_are_read(foreign: Domain) -> None:
    expected = {
        "a.record/00000-x-y.png": 1,
        "b.tfrecords.gz/00000-b-00000.png": 2,
        "c-00000-of-00001/00000-c-00000-of-00001-00000.png": 3,
        "c-00000-of-00001/00001-c-00000-of-00001-00001.png": 4,
        "d.tfrecord-00000-of-00002/00000-d-00000-of-00002-00000.png": 5,
        "d.tfrecord-00000-of-00002/00001-d-00000-of-00002-00001.png": 6,
        "e.tfrecord.gz/00000-e-00000.png": 7,
        "f.tfrec.gz/00000-f-00000.png": 3,
        "f.tfrec.gz/00001-f-00001.png": 4,
        "h.tfrec.gz/00001-h-00001.png": 9,
    }
    pixels = np.frombuffer(bytes(range(16 * 16 * 3 // 4)) * 4, np.uint8)
    raw = {
        "j.tfrec/00000-j-00000.png": pixels.reshape(16, 16, 3),
        "k.tfrec/00000-k-00000.png": pixels.reshape(3, 16, 16).transpose(1, 2, 0),
    }
    found = dict(zip(foreign.names, foreign.pictures, strict=True))
    assert set(found) - set(raw) == set(expected)
    for name, seed in expected.items():
        with Image.open(io.BytesIO(picture(seed))) as image:
            assert np.array_equal(found[name], np.asarray(image)), name
    for name, there in raw.items():
        assert np.array_equal(found[name], there), name


@pytest.mark.tensorflow
@needs_tensorflow
def test_what_is_lost_of_them_is_said(foreign: Domain) -> None:
    assert {one.name: one.reason for one in foreign.skipped} == {
        "f.tfrec.gz": "cut short where it is compressed: what follows is lost",
        "g.tfrec.gz": "damaged where it is compressed: what follows is lost",
        "h.tfrec.gz/00000": DAMAGED,
        "i.tfrec.gz": "not a TFRecord file, or damaged in its first record",
        "l.tfrec/00000": "a SequenceExample, which holds a series and not one picture",
        "m.tfrec/00000": "pictures under a, b: which of them is meant is not clear",
    }


def test_a_failure_of_the_machine_is_no_damage_of_a_record(tmp_path, monkeypatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    reader = types.SimpleNamespace(tf_record_random_reader=None)
    monkeypatch.setitem(sys.modules, "tensorflow.python.lib.io.tf_record", reader)
    monkeypatch.setattr(tfrecord_format, "walk", fail)
    (tmp_path / "x.tfrec").write_bytes(b"")
    with pytest.raises(OSError, match="Input/output error"):
        list(tfrecord._records(tmp_path / "x.tfrec", tmp_path / "unpacked"))
