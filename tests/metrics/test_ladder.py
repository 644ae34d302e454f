"""What each judge prefers: a ladder of known quality, held against real paintings.

Demanded of a leading extractor's kernel distance, at 64 and at 256 px: other paintings are nearest
to the paintings, but for the ties that TIED names; photographs come before mosaics, strong blur,
repetition and noise. Inception is asked where GANBENCH_INCEPTION names its official weights. With
GANBENCH_WRITE_DOCS set every extractor and distance ranks all rungs, and docs/ladder.svg and .csv
are written.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from metrics import registry
from metrics.extractors import registry as extractors
from metrics.extractors.extractor import Extractor
from metrics.sample import Sample
from tests.metrics import real_pictures as pictures

pytestmark = [
    pytest.mark.monet,
    pytest.mark.skipif("GANBENCH_MONET" not in os.environ, reason="GANBENCH_MONET is not set"),
]

DOCS = Path(__file__).parents[2] / "docs"
WRITE = bool(os.environ.get("GANBENCH_WRITE_DOCS"))
COUNT = 100
BEST, UNTOUCHED = "other paintings", "photographs"
WORSE = ("strong blur", "mosaic of 8 px", "one painting repeated", "noise")
SIZES = (64, 256)
LEADING = ("efficientnet-lite0", "inception")
# Extractor, pixels and rung that cannot be told from other paintings: the resize to 224 px wipes
# out what was done.
TIED = {("efficientnet-lite0", 256, "checkerboard")}
# Extractor and metric of each column of the figure; without an extractor only pixels are looked at.
LOOKING = ("efficientnet-lite0", "efficientnet-lite2", "random-inception")
LOOKING += ("inception",) if pictures.WEIGHTS else ()
JUDGES = (
    *((name, metric) for name in LOOKING for metric in ("kid", "fid")),
    (None, "fwd"),
    (None, "mesh"),
)


@cache
def rungs(size: int) -> dict[str, np.ndarray]:
    """From good to bad, as most people would say; made of paintings that are not the reference."""
    others = pictures.real("monet_jpg", size, 1, COUNT, 2)

    def changed(how: Callable[..., np.ndarray], strength: float) -> np.ndarray:
        return np.stack([how(pixels, strength) for pixels in others])

    random = np.random.default_rng(0)
    return {
        BEST: others,
        "slight blur": changed(pictures.blur, size / 256),
        "checkerboard": changed(pictures.checkerboard, 8),
        UNTOUCHED: pictures.real("photo_jpg", size, 0, COUNT),
        "strong blur": changed(pictures.blur, size / 64),
        "mosaic of 8 px": changed(pictures.mosaic, 8),
        "one painting repeated": np.repeat(others[:1], COUNT, axis=0),
        "noise": random.integers(0, 256, others.shape, dtype=np.uint8),
    }


@cache
def extractor(name: str) -> Extractor:
    return pictures.official_inception() if name == "inception" else Extractor(extractors.get(name))


def seen(name: str | None, made: np.ndarray) -> Sample:
    pool = None if name is None else extractor(name).features(made).pool
    return Sample(pool=pool, pictures=made)


@cache
def looked(name: str | None, size: int) -> tuple[Sample, dict[str, Sample]]:
    """The reference, and the rungs."""
    reference = seen(name, pictures.real("monet_jpg", size, 0, COUNT, 2))
    return reference, {rung: seen(name, made) for rung, made in rungs(size).items()}


@cache
def measured(name: str | None, metric: str, size: int) -> dict[str, tuple[float, float | None]]:
    """Value of every rung, and its error where measuring gives one."""
    reference, samples = looked(name, size)
    found = {}
    for rung, sample in samples.items():
        value = registry.get(metric).measure(sample, reference)
        found[rung] = (value.value, value.error)
    return found


@pytest.mark.parametrize("size", [64, pytest.param(256, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", LEADING)
def test_the_leading_extractor_puts_the_rungs_in_order(name, size):
    found = measured(name, "kid", size)
    best, error = found[BEST]
    for rung, (value, its) in found.items():
        if (name, size, rung) in TIED:
            assert abs(value - best) <= np.hypot(error, its), (rung, found)
        elif rung != BEST:
            assert best < value, (rung, found)
    for rung in WORSE:
        assert found[UNTOUCHED][0] < found[rung][0], (rung, found)


@pytest.mark.slow
def test_the_mesh_sees_the_checkerboard_that_a_resize_wipes_out():
    """256 px are brought to 224 with antialias, which leaves nothing of single pixels."""
    lite, mesh = measured("efficientnet-lite0", "kid", 256), measured(None, "mesh", 256)
    assert lite["checkerboard"][0] < lite["slight blur"][0]
    assert mesh["checkerboard"][0] > max(mesh[BEST][0], mesh[UNTOUCHED][0]) + 10


@pytest.mark.skipif(not WRITE, reason="writes docs/ladder.svg with GANBENCH_WRITE_DOCS=1")
def test_the_figure_of_what_each_judge_prefers():
    found = {(size, *judge): measured(*judge, size) for size in SIZES for judge in JUDGES}
    lines = ["pixels,extractor,metric,rung,value,error,pictures"]
    for (size, name, metric), values in found.items():
        lines += [
            f"{size},{name or ''},{metric},{rung},{value:.6g},{_error(error)},{COUNT}"
            for rung, (value, error) in values.items()
        ]
    (DOCS / "ladder.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draw(found)


def _error(error: float | None) -> str:
    return "" if error is None else f"{error:.3g}"


def draw(found: dict) -> None:
    """Ranks by every judge, best on top and light."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"svg.hashsalt": "ganbench", "font.size": 8})
    figure, axes = pyplot.subplots(2, 1, figsize=(9, 6.4), layout="constrained")
    for ax, size in zip(axes, SIZES, strict=True):
        columns = [found[size, *judge] for judge in JUDGES]
        values = np.array([[column[rung][0] for column in columns] for rung in rungs(size)])
        ranks = values.argsort(axis=0).argsort(axis=0) + 1
        ax.imshow(ranks, cmap="Blues", vmin=0, vmax=12, aspect="auto")
        for (row, column), rank in np.ndenumerate(ranks):
            shown = f"{values[row, column]:.2g}" if abs(values[row, column]) < 10 else (
                f"{values[row, column]:.0f}")  # fmt: skip
            ax.text(column, row, f"{rank}.  {shown}", ha="center", va="center", fontsize=7)
        ax.set_xticks(range(len(JUDGES)), [_title(*judge) for judge in JUDGES], fontsize=7)
        ax.set_yticks(range(len(rungs(size))), list(rungs(size)))
        ax.set_title(f"{size} px", fontsize=9)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
    figure.savefig(DOCS / "ladder.svg", metadata={"Date": None})


def _title(name: str | None, metric: str) -> str:
    if name is None:
        return registry.get(metric).title
    return f"{extractors.get(name).title}\n{registry.get(metric).short}"
