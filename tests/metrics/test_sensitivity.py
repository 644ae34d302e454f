"""Real paintings, distorted ever more strongly: every distance must rise.

As Heusel et al. 2017 (section 4) did for FID: the distorted pictures against the same pictures.
Through the random stand-in network the kernel distance is a coarser judge: it must end higher than
it began, but may dip on the way, as under JPEG and a colour cast it does.
With GANBENCH_WRITE_DOCS set, more pictures are used and docs/sensitivity.svg and .csv are written.
"""

import io
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from metrics import registry
from metrics.extractors.extractor import Extractor
from metrics.sample import Sample

DOCS = Path(__file__).parents[2] / "docs"
WRITE = bool(os.environ.get("GANBENCH_WRITE_DOCS"))
PICTURES = 60 if WRITE else 16
DISTANCES = ("fid", "kid", "fwd")


def blur(pixels: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def noise(pixels: np.ndarray, grey_levels: float) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.clip(pixels + random.normal(0, grey_levels, pixels.shape), 0, 255).astype(np.uint8)


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=quality)
    return np.asarray(Image.open(stored))


def salt_and_pepper(pixels: np.ndarray, share: float) -> np.ndarray:
    random = np.random.default_rng(0)
    struck = random.random(pixels.shape[:2]) < share
    grains = random.integers(0, 2, pixels.shape[:2])[..., None] * np.uint8(255)
    return np.where(struck[..., None], grains, pixels).astype(np.uint8)


def colour_cast(pixels: np.ndarray, strength: float) -> np.ndarray:
    return (pixels * np.array([1, 1 - strength / 2, 1 - strength])).astype(np.uint8)


def crop(pixels: np.ndarray, kept: float) -> np.ndarray:
    side = len(pixels)
    edge = round(side * (1 - kept) / 2)
    inner = Image.fromarray(pixels[edge : side - edge, edge : side - edge])
    return np.asarray(inner.resize((side, side), Image.Resampling.BICUBIC))


# Name -> how, and strengths from mild to strong.
DISTORTIONS = {
    "blur (px)": (blur, (1, 2, 4)),
    "noise (grey levels)": (noise, (10, 25, 60)),
    "JPEG (quality)": (jpeg, (40, 15, 4)),
    "salt and pepper (share)": (salt_and_pepper, (0.01, 0.05, 0.2)),
    "colour cast (strength)": (colour_cast, (0.1, 0.25, 0.5)),
    "crop (side kept)": (crop, (0.9, 0.75, 0.5)),
}


@cache
def extractor() -> Extractor:
    weights = os.environ.get("GANBENCH_INCEPTION")
    return Extractor(Path(weights) if weights else None)


def seen(pictures: np.ndarray) -> Sample:
    return Sample(pool=extractor().features(pictures).pool, pictures=pictures)


@cache
def paintings() -> Sample:
    folder = Path(os.environ["GANBENCH_MONET"]) / "monet_jpg"
    paths = sorted(folder.glob("*.jpg"))[:PICTURES]
    return seen(np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths]))


@pytest.fixture(scope="module")
def measured():
    """(distortion, metric) -> distances by strength; written down for the docs at the end."""
    found: dict[tuple[str, str], list[float]] = {}
    yield found
    if WRITE and found:
        write(found)


@pytest.mark.monet
@pytest.mark.skipif("GANBENCH_MONET" not in os.environ, reason="GANBENCH_MONET is not set")
@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_every_distance_rises_with_every_distortion(distortion, measured):
    change, strengths = DISTORTIONS[distortion]
    metrics = [registry.get(name) for name in DISTANCES]
    original = paintings()
    samples = [original]
    for strength in strengths:
        changed = [change(pixels, strength) for pixels in original.pixels()]
        samples.append(seen(np.stack(changed)))
    for metric in metrics:
        values = [metric.measure(sample, original).value for sample in samples]
        measured[distortion, metric.called(extractor())[1]] = values
        coarse = metric.name == "kid" and not extractor().official
        steps = [values[-1] - values[0]] if coarse else np.diff(values)
        assert np.min(steps) > 0, (metric.name, values)


def write(found: dict[tuple[str, str], list[float]]) -> None:
    """The figure and its numbers."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"svg.hashsalt": "ganbench", "font.size": 9})
    figure, axes = pyplot.subplots(2, 3, figsize=(9, 5), sharey=True, layout="constrained")
    lines = ["distortion,strength,metric,value,pictures"]
    for ax, (distortion, (_, strengths)) in zip(axes.flat, DISTORTIONS.items(), strict=True):
        for (name, title), values in found.items():
            if name == distortion:
                places = range(len(values))
                rise = np.array(values) - values[0]
                ax.plot(places, rise / np.max(rise), marker="o", label=title)
                lines += [
                    f"{name},{strength},{title},{value:.6g},{PICTURES}"
                    for strength, value in zip(("none", *strengths), values, strict=True)
                ]
        ax.set_title(distortion, fontsize=9)
        ax.set_xticks(range(len(strengths) + 1), ["none", *map(str, strengths)])
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("share of largest rise")
    axes[1, 0].set_ylabel("share of largest rise")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    DOCS.mkdir(exist_ok=True)
    figure.savefig(DOCS / "sensitivity.svg", metadata={"Date": None})
    (DOCS / "sensitivity.csv").write_text("\n".join(lines) + "\n")
