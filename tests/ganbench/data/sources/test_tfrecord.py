import errno
import importlib.util
import io
import struct
import sys
import types
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


def example(**values: bytes) -> bytes:
    entries = (
        field(1, field(1, key.encode()) + field(2, field(1, field(1, value))))
        for key, value in values.items()
    )
    return field(1, b"".join(entries))


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
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Domain:
    """What is left of a set with every kind of damage; TensorFlow is started once for all."""
    folder = tmp_path_factory.mktemp("records")
    holes = [
        good(10, "first.png"),
        spoiled(good(11), 100),  # in the content
        record(example(jpeg=picture(12), image_name=b"n")),
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


def test_keys_of_a_foreign_record_are_told_without_harm() -> None:
    keys = ["\x1b]0;title", "k" * 300, "a", "b", "c", "d"]
    told = tfrecord._fields(dict.fromkeys(keys))
    assert isinstance(told, str) and told.isprintable()
    assert "(keys: _]0;title, a, b, c, d, …; Kaggle's are image," in told
    assert f"(keys: {'k' * 199}…;" in tfrecord._fields({"k" * 300: None})
    assert "(keys: none;" in tfrecord._fields({})


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
    why = "no picture bytes under the key image (keys: jpeg; Kaggle's are image)"
    found = tfrecord.Unpacked(tmp_path / "empty.zip", [], [("monet.tfrec/00000", why)])
    monkeypatch.setattr(tfrecord, "unpack", lambda *_: [found])
    with pytest.raises(InputError, match=r"no readable picture .*/00000: no .*keys: jpeg; Kaggle"):
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
def test_good_records_are_used_whatever_lies_between_them(mixed: Domain) -> None:
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
    assert "tensorflow" not in sys.modules


@pytest.mark.tensorflow
@needs_tensorflow
def test_every_record_that_is_left_out_is_named_with_its_reason(mixed: Domain) -> None:
    keys = "no picture bytes under the key image (keys: {}; Kaggle's are image, image_name, target)"
    assert {one.name: one.reason for one in mixed.skipped} == {
        "b_holes.tfrec/00001": DAMAGED,
        "b_holes.tfrec/00002": keys.format("image_name, jpeg"),
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


def test_a_failure_of_the_machine_is_no_damage_of_a_record(tmp_path, monkeypatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    reader = types.SimpleNamespace(tf_record_random_reader=None)
    monkeypatch.setitem(sys.modules, "tensorflow.python.lib.io.tf_record", reader)
    monkeypatch.setattr(tfrecord_format, "walk", fail)
    with pytest.raises(OSError, match="Input/output error"):
        list(tfrecord._records(tmp_path / "x.tfrec"))
