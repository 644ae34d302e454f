import os
import subprocess
import sys
import time

import pytest

from ganbench.system import cache, digest_cache, files
from ganbench.system.digest_cache import DigestCache

TICK = 0.05  # seconds, of the clocks of usual file systems


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def quiet(monkeypatch):
    """Trust files that were changed a tick ago, and not those of this very moment."""
    monkeypatch.setattr(digest_cache, "RACY_NS", int(TICK * 1e9))
    return lambda: time.sleep(2 * TICK)


@pytest.fixture
def reads(monkeypatch):
    """What is read and hashed."""
    seen, sha256 = [], files.sha256
    monkeypatch.setattr(files, "sha256", lambda path: seen.append(path.name) or sha256(path))
    return seen


def test_a_file_changed_a_moment_ago_is_not_trusted(tmp_path, reads) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    assert digest_cache.stamp(path.stat()) is None
    digests = [digest_cache.sha256(path), digest_cache.sha256(path)]
    assert digests == [files.sha256(path)] * 2
    assert len(reads) == 3
    assert not cache.folder("digests").exists()


def test_a_file_of_the_future_is_hashed_each_time(tmp_path, quiet) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    os.utime(path, (time.time() + 3600,) * 2)
    quiet()
    assert digest_cache.stamp(path.stat()) is None


def test_what_changes_while_it_is_hashed_is_not_remembered(tmp_path, quiet) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    quiet()
    known = DigestCache("place")

    def digest() -> str:
        path.write_bytes(b"22")
        return "old"

    assert known.make(lambda: digest_cache.stamp(path.stat()), digest) == "old"
    assert known._asked == {}
    quiet()
    assert known.recall(digest_cache.stamp(path.stat())) is None


@pytest.mark.parametrize("damage", [b"", b"{}", b'{\n "sha256": "', b"[1]"])
def test_a_damaged_note_is_made_again(tmp_path, quiet, reads, damage) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    quiet()
    digest = digest_cache.sha256(path)
    (note,) = cache.folder("digests").iterdir()
    whole = note.read_bytes()
    note.write_bytes(damage)
    reads.clear()
    assert digest_cache.sha256(path) == digest_cache.sha256(path) == digest
    assert reads == ["file"]
    assert note.read_bytes() == whole


def test_a_changed_byte_of_the_note_is_noticed(tmp_path, quiet, reads) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    quiet()
    digest = digest_cache.sha256(path)
    (note,) = cache.folder("digests").iterdir()
    note.write_text(note.read_text().replace(digest, digest[::-1]))
    assert digest_cache.sha256(path) == digest


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path, quiet, monkeypatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"1")
    quiet()
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "no-folder"))
    assert digest_cache.sha256(path) == files.sha256(path)


TWICE = """
import sys
from pathlib import Path
from ganbench.system import digest_cache
digest_cache.RACY_NS = 0
paths = [Path(name) for name in sys.argv[1:]]
print(*(digest_cache.sha256(path) for _ in range(20) for path in paths))
"""


def test_two_processes_at_once_give_the_same(tmp_path, quiet) -> None:
    paths = [tmp_path / str(place) for place in range(3)]
    for path in paths:
        path.write_bytes(path.name.encode())
    quiet()
    command = [sys.executable, "-c", TWICE, *map(str, paths)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate()[0].split() for process in started]
    assert told == [[files.sha256(path) for path in paths] * 20] * 2
    assert [path.suffix for path in cache.folder("digests").iterdir()] == [".json"] * 3
