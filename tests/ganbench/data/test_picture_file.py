"""A file of pictures read one by one is the file, and takes no memory with it."""

import os
import subprocess
import sys

import numpy as np
import pytest

from ganbench.data.batches import TARGET, PictureStream
from ganbench.data.picture_file import PictureFile, unmapped
from ganbench.errors import InputError
from ganbench.system import files

PICTURES = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), np.uint8)
GROWTH = """
import sys
from pathlib import Path
import psutil
from ganbench.data.batches import TARGET, PictureStream
from ganbench.system import files
stream = PictureStream(files.read_array(Path(sys.argv[1])), 0, TARGET)
stream.batch(0, 8)
before = psutil.Process().memory_info().rss
for step in range(1, 60):
    stream.batch(step, 8)
print(psutil.Process().memory_info().rss - before)
"""


@pytest.fixture
def mapped(tmp_path):
    files.write_array(tmp_path / "pictures.npy", PICTURES)
    return files.read_array(tmp_path / "pictures.npy")


def test_rows_are_those_of_the_map(mapped):
    rows = unmapped(mapped)
    assert isinstance(rows, PictureFile) and len(rows) == 9
    for place in (8, 0, 3):
        assert np.array_equal(rows[np.int64(place)], PICTURES[place])


def test_a_stream_is_the_same_from_a_file_and_from_memory(mapped):
    for jitter in (0.0, 0.2):
        streams = [PictureStream(of, 3, TARGET, jitter=jitter) for of in (mapped, PICTURES)]
        for step in range(5):
            assert np.array_equal(*(stream.batch(step, 4) for stream in streams))


def test_what_is_no_whole_file_is_left_as_it_is(mapped, monkeypatch):
    for array in (PICTURES, mapped[1:], mapped[::2], mapped.transpose(0, 2, 1, 3)):
        assert unmapped(array) is array
    monkeypatch.delattr(os, "preadv")
    assert unmapped(mapped) is mapped


def test_a_file_that_was_cut_is_said_to_be_damaged(mapped, tmp_path):
    rows = unmapped(mapped)
    path = tmp_path / "pictures.npy"
    os.truncate(path, path.stat().st_size - 1)
    assert np.array_equal(rows[7], PICTURES[7])
    with pytest.raises(InputError, match="in the cache is damaged"):
        rows[8]


def test_its_file_is_closed_with_it(mapped):
    rows = unmapped(mapped)
    assert isinstance(rows, PictureFile)
    handle = rows._handle
    os.fstat(handle)
    del rows
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


def test_memory_does_not_grow_with_what_was_drawn(tmp_path):
    path = tmp_path / "pictures.npy"
    files.write_array(path, np.zeros((600, 256, 256, 3), np.uint8))  # 118 MB
    words = [sys.executable, "-c", GROWTH, str(path)]
    told = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert int(told.stdout) < 30e6
