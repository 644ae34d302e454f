"""Large sets at 256 px: when training starts, what stays in memory, and what drawing costs.

The first file has the size of 100,000 pictures (19.7 GB) and holds nothing: what is not written of
a file takes no disk, and reads as zeros. The second holds 10,000 (2 GB), written. What a picture
costs does not depend on how many there are, so of 100,000 that lie on a disk:

    epoch without page cache = 100,000 / (pictures a second, without)

The page cache holds what fits: with M bytes free for it, of 19.7 GB a share of M / 19.7e9 is read
at the speed with page cache, the rest at that without.
"""

import io
import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from ganbench.data import store
from ganbench.data.batches import TARGET, Ahead, PictureStream, Stream
from ganbench.system import files

SIZE, BATCH, STEPS = 256, 16, 150
BYTES = SIZE * SIZE * 3  # of a picture
LATENT = 64


def start(folder: Path, count: int) -> Path:
    """A domain in a cache, as far as its description and the beginning of its pictures."""
    header = io.BytesIO()
    about = {"descr": "|u1", "fortran_order": False, "shape": (count, SIZE, SIZE, 3)}
    np.lib.format.write_array_header_1_0(header, about)
    path = folder / store.PICTURES
    path.write_bytes(header.getvalue())
    names = [f"{place:06}.jpg" for place in range(count)]
    told = {"title": "large", "size": SIZE, "fingerprint": "0" * 32, "names": names}
    told |= {"skipped": [], "duplicates": [], "original_sizes": {"256x256": count}, "files": {}}
    files.write_sealed(folder / store.NOTE, told)
    return path


def drawing(folder: Path) -> Ahead:
    domain = store.open_domain(folder)
    return Ahead(Stream(LATENT, PictureStream(domain.pictures, 0, TARGET), BATCH, 0))


def resident() -> int:
    return psutil.Process().memory_info().rss


def test_training_on_100000_pictures_begins_at_once_and_memory_stays_flat(benchmark, tmp_path):
    """The promises: the first batch in under a minute, and memory that does not grow."""
    path = start(tmp_path, 100_000)
    os.truncate(path, path.stat().st_size + 100_000 * BYTES)

    def first() -> None:
        stream = drawing(tmp_path)
        stream.batch(0)
        stream.close()

    benchmark.pedantic(first, rounds=3)
    seconds, stream = benchmark.stats["max"], drawing(tmp_path)
    stream.batch(0)
    before = resident()
    for step in range(1, STEPS):
        stream.batch(step)
    stream.close()
    grown = (resident() - before) / 2**20
    apparent, taken = path.stat().st_size / 1e9, path.stat().st_blocks * 512 / 1e6
    print(f"\n100,000 pictures ({apparent:.1f} GB, {taken:.0f} MB on the disk):", end=" ")
    print(f"first batch after {seconds:.2f} s; {STEPS * BATCH:,} pictures later {grown:+.0f} MiB")
    assert seconds < 60
    assert grown < 64


def test_drawing_at_random_with_and_without_page_cache(benchmark, tmp_path):
    """Pictures a second, a figure and no promise; memory that does not grow is one."""
    if not hasattr(os, "posix_fadvise"):
        pytest.skip("this system cannot be asked to forget a file")
    count = 10_000
    path = start(tmp_path, count)
    noise = np.random.default_rng(0).integers(0, 256, (64, BYTES), np.uint8)
    with path.open("ab") as file:
        for place in range(count):
            file.write(noise[place % 64])
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    without, before = drawn(tmp_path), resident()  # each picture of an epoch for the first time
    benchmark.pedantic(drawn, args=(tmp_path,), rounds=3)
    with_cache = STEPS * BATCH / benchmark.stats["min"]
    grown = (resident() - before) / 2**20
    epoch = 100_000 / without / 60
    print(f"\n{count:,} pictures ({count * BYTES / 1e9:.1f} GB), batches of {BATCH}:", end=" ")
    print(f"{without:,.0f} pictures a second without page cache, {with_cache:,.0f} with it", end="")
    print(f"; memory {grown:+.0f} MiB; an epoch of 100,000 without: {epoch:.1f} min")
    assert grown < 64


def drawn(folder: Path) -> float:
    """Pictures a second over the first steps of an epoch."""
    stream, began = drawing(folder), time.perf_counter()
    for step in range(STEPS):
        stream.batch(step)
    seconds = time.perf_counter() - began
    stream.close()
    return STEPS * BATCH / seconds
