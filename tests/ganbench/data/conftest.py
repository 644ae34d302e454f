"""Tiny sets of pictures, made anew for each test."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MakeSet = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make_set(tmp_path: Path) -> MakeSet:
    """Write `count` different 32 x 32 PNGs to a folder below tmp_path."""

    def make(folder: str, count: int = 3, seed: int = 0) -> Path:
        draw = np.random.default_rng([seed, len(folder)])
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            pixels = draw.integers(0, 256, (32, 32, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{index}.png")
        return place

    return make
