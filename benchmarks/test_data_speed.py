"""How fast a data set is ready: the second start must take under a second.

The real pictures are in the folder that GANBENCH_MONET names, with monet_jpg and photo_jpg in it.
"""

import os
import resource
import time

import numpy as np
import pytest
from PIL import Image

from ganbench.data.load import load
from ganbench.system import digest_cache

MONET = os.environ.get("GANBENCH_MONET", "")


@pytest.mark.monet
@pytest.mark.skipif(not MONET, reason="GANBENCH_MONET names no folder of pictures")
def test_a_second_start_on_the_real_pictures_takes_under_a_second(
    benchmark, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    first = load(MONET, None, None, 256)
    seconds = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    count = len(first.source.names) + len(first.target.names)
    print(f"\nfirst start: {count} pictures in {seconds:.1f} s, memory grew by {grown:.0f} MiB")
    benchmark.pedantic(load, args=(MONET, None, None, 256), rounds=3)
    assert benchmark.stats["min"] < 1
    assert grown < 200


def test_a_second_start_on_10000_pictures_takes_under_a_second(
    benchmark, tmp_path, monkeypatch
) -> None:
    """After imports; 10,000 tiny files and 120 MB of cached pictures, none of them read again."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    noise = np.random.default_rng(0)
    for side in ("trainA", "trainB"):
        (tmp_path / "data" / side).mkdir(parents=True)
        for place in range(5000):
            pixels = noise.integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / side / f"{place}.png")
    time.sleep(digest_cache.RACY_NS / 1e9)  # what was written just now is not trusted
    start = time.perf_counter()
    load(str(tmp_path / "data"), None, None, 64)
    first = time.perf_counter() - start
    benchmark.pedantic(load, args=(str(tmp_path / "data"), None, None, 64), rounds=5)
    second, later = benchmark.stats["max"], benchmark.stats["min"]
    print(
        f"\n10,000 pictures: first start {first:.1f} s, second {second:.2f} s, later {later:.2f} s"
    )
    assert second < 1
