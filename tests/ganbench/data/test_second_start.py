"""A second start reads no file that is what it was, and notices a single changed byte."""

import os
import time
import zipfile

import pytest

from ganbench.data.load import load_one
from ganbench.data.sources import bounded_read
from ganbench.system import digest_cache, files

TICK = 0.05  # seconds, of the clocks of usual file systems


@pytest.fixture
def quiet(monkeypatch):
    """Trust files that were changed a tick ago, and not those of this very moment."""
    monkeypatch.setattr(digest_cache, "RACY_NS", int(TICK * 1e9))
    return lambda: time.sleep(2 * TICK)


@pytest.fixture
def reads(monkeypatch):
    """What is read and hashed."""
    seen = []
    read_file, sha256 = bounded_read.read_file, files.sha256
    monkeypatch.setattr(
        bounded_read, "read_file", lambda path: seen.append(path.name) or read_file(path)
    )
    monkeypatch.setattr(files, "sha256", lambda path: seen.append(path.name) or sha256(path))
    return seen


def swap_a_byte(path):
    """Change a byte at the end, keep the size, and put the mtime back."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def test_a_second_start_reads_nothing(make_set, quiet, reads) -> None:
    folder = make_set("d", 4)
    first = load_one(str(folder), 16)
    quiet()
    load_one(str(folder), 16)
    reads.clear()
    assert load_one(str(folder), 16).fingerprint == first.fingerprint
    assert reads == []


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change")
def test_a_changed_byte_is_noticed_though_size_and_mtime_are_the_same(
    make_set, quiet, reads
) -> None:
    folder = make_set("d", 4)
    quiet()
    first = load_one(str(folder), 16)
    reads.clear()
    swap_a_byte(folder / "2.png")
    assert load_one(str(folder), 16).fingerprint != first.fingerprint
    assert reads[0] == "2.png"
    assert reads.count("1.png") == 1  # to be decoded


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change")
def test_a_changed_byte_of_the_cached_pictures_is_noticed(make_set, quiet) -> None:
    folder = make_set("d", 4)
    first = load_one(str(folder), 16)
    good = first.pictures.copy()
    quiet()
    load_one(str(folder), 16)
    swap_a_byte(first.folder / "pictures.npy")
    assert (load_one(str(folder), 16).pictures == good).all()


def test_entries_of_a_zip_go_by_the_zip(make_set, tmp_path, quiet, monkeypatch) -> None:
    folder, packed = make_set("d", 4), tmp_path / "d.zip"

    def pack(names) -> None:
        with zipfile.ZipFile(packed, "w") as archive:
            for name in names:
                archive.write(folder / name, name)

    pack(["0.png", "1.png"])
    quiet()
    first = load_one(str(packed), 16)
    with monkeypatch.context() as patch:
        patch.setattr(bounded_read, "read_entry", lambda *_: 1 // 0)
        assert load_one(str(packed), 16).fingerprint == first.fingerprint
    pack(["1.png", "0.png", "2.png"])
    assert load_one(str(packed), 16).names == ("0.png", "1.png", "2.png")
