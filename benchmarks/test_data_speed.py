"""How fast a data set is ready: the second start must take under a second.

Needs the real pictures: GANBENCH_MONET names a folder with monet_jpg and photo_jpg.
"""

import os
import resource
import time

import pytest

from ganbench.data.load import load

MONET = os.environ.get("GANBENCH_MONET", "")
pytestmark = pytest.mark.skipif(not MONET, reason="GANBENCH_MONET names no folder of pictures")


@pytest.mark.monet
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
