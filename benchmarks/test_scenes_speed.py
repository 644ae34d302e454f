"""How fast the embedded pictures are drawn: at least 40 a second at 64 pixels on one core."""

import itertools

import pytest

from ganbench.data import scenes

ROUNDS = {64: 60, 256: 8}


@pytest.mark.parametrize("size", [64, 256])
@pytest.mark.parametrize("domain", ["photo", "painting"])
def test_speed_of_drawing(benchmark, domain, size):
    draw = getattr(scenes, domain)
    draw(0, size)  # the noise tiles are made once
    index = itertools.count()
    benchmark.pedantic(lambda: draw(next(index), size), rounds=ROUNDS[size])
    rate = benchmark.stats.stats.ops
    benchmark.extra_info["pictures_per_second"] = round(rate, 1)
    print(f"\n{domain} at {size} px: {rate:.1f} pictures a second")
