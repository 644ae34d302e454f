"""Real paintings, distorted ever more strongly: every distance must rise, through every extractor.

As Heusel et al. 2017 (section 4) did for FID: distorted pictures against the same pictures, so that
a distance begins at 0. KID of copies lies below 0, which is no beginning: it is measured against
other paintings. Where a distance does not rise, DIPS says by how much; a dip that is gone must
leave it. GANBENCH_INCEPTION names official weights of Inception, which then look too.
With GANBENCH_WRITE_DOCS set docs/sensitivity.svg and .csv are written.
"""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from metrics import registry
from metrics.extractors import registry as extractors
from metrics.extractors.extractor import Extractor
from metrics.sample import Sample
from tests.metrics import real_pictures as pictures

DOCS = Path(__file__).parents[2] / "docs"
WRITE = bool(os.environ.get("GANBENCH_WRITE_DOCS"))
# Extractor, pixels of the paintings, how many of them. Random weights are slow, and no judge.
LOOKS = (
    ("efficientnet-lite0", 256, 60),
    ("efficientnet-lite0", 64, 60),
    ("efficientnet-lite2", 256, 60),
    ("random-inception", 256, 24),
    ("inception", 256, 60),
)

EVERY_DAY, SLOW = ("efficientnet-lite0", 64, 60), pytest.mark.slow

# Name -> how, and strengths from mild to strong.
DISTORTIONS = {
    "blur (px)": (pictures.blur, (1, 2, 4)),
    "noise (grey levels)": (pictures.noise, (10, 25, 60)),
    "JPEG (quality)": (pictures.jpeg, (40, 15, 4)),
    "salt and pepper (share)": (pictures.salt_and_pepper, (0.01, 0.05, 0.2)),
    "colour cast (strength)": (pictures.colour_cast, (0.1, 0.25, 0.5)),
    "crop (side kept)": (pictures.crop, (0.9, 0.75, 0.5)),
}
# Extractor, metric, distortion -> how far it falls below what it was under a milder distortion.
DIPS = {
    ("random-inception", "kid", "JPEG (quality)"): 0.0027,
    ("random-inception", "kid", "colour cast (strength)"): 0.0025,
    ("random-inception", "kid", "crop (side kept)"): 0.0032,
}

COLOURS = {"Lite0": "C0", "Lite2": "C2", "random-Inception": "C7", "FWD": "C1"}
COLOURS |= {"FID": "C3", "KID": "C3"}
STYLES = {"FD": "--", "FID": "--", "KD": "-", "KID": "-", "FWD": "-"}


@cache
def extractor(name: str) -> Extractor:
    """Of that name, with weights that it can be believed under."""
    spec = extractors.get(name)
    if spec.release is None or spec.release.packaged():
        return Extractor(spec)
    if name != "inception":
        pytest.skip(f"{spec.release.package} is not installed")
    return pictures.official_inception()


def seen(name: str, made: np.ndarray) -> Sample:
    return Sample(pool=extractor(name).features(made).pool, pictures=made)


@cache
def paintings(name: str, size: int, count: int) -> tuple[Sample, Sample]:
    """Those to be distorted, and others."""
    mine, others = (pictures.real("monet_jpg", size, first, count, 2) for first in (1, 0))
    return seen(name, mine), seen(name, others)


@pytest.fixture(scope="module")
def measured():
    """(distortion, metric, pixels) -> distances by strength; written down for the docs."""
    found: dict[tuple[str, str, int], list[float]] = {}
    yield found
    if WRITE and found:
        write(found)


@pytest.mark.monet
@pytest.mark.skipif("GANBENCH_MONET" not in os.environ, reason="GANBENCH_MONET is not set")
@pytest.mark.parametrize(
    "look",
    [look if look == EVERY_DAY else pytest.param(look, marks=SLOW) for look in LOOKS],
    ids=str,
)
@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_every_distance_rises_with_every_distortion(distortion, look, measured):
    change, strengths = DISTORTIONS[distortion]
    name, size, _ = look
    original, others = paintings(*look)
    samples = [original]
    for strength in strengths:
        made = np.stack([change(pixels, strength) for pixels in original.pixels()])
        samples.append(seen(name, made))
    for metric, reference in (("fid", original), ("kid", others)):
        values = [registry.get(metric).measure(sample, reference).value for sample in samples]
        measured[distortion, _title(name, metric), size] = values
        dip = DIPS.get((name, metric, distortion))
        assert (np.min(np.diff(values)) > 0) == (dip is None), (metric, values)
        fall = np.max(np.maximum.accumulate(values) - values)
        assert fall == pytest.approx(dip or 0, abs=1e-4), (metric, values)


@pytest.mark.monet
@pytest.mark.skipif("GANBENCH_MONET" not in os.environ, reason="GANBENCH_MONET is not set")
@pytest.mark.parametrize("distortion", DISTORTIONS)
def test_fwd_rises_too(distortion, measured):
    change, strengths = DISTORTIONS[distortion]
    original = Sample(pictures=pictures.real("monet_jpg", 256, 1, 60 if WRITE else 16, 2))
    values = [0.0]
    for strength in strengths:
        made = np.stack([change(pixels, strength) for pixels in original.pixels()])
        values.append(registry.get("fwd").measure(Sample(pictures=made), original).value)
    measured[distortion, "FWD", 256] = values
    assert np.min(np.diff(values)) > 0


def _title(name: str, metric: str) -> str:
    spec = registry.get(metric)
    return spec.title if name == "inception" else f"{extractors.get(name).title} {spec.short}"


def write(found: dict[tuple[str, str, int], list[float]]) -> None:
    """The figure and its numbers."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"svg.hashsalt": "ganbench", "font.size": 9})
    figure, axes = pyplot.subplots(2, 3, figsize=(9, 5), sharey=True, layout="constrained")
    counts = {(_title(n, m), size): c for n, size, c in LOOKS for m in ("fid", "kid")}
    lines = ["distortion,strength,metric,pixels,value,pictures"]
    for ax, (distortion, (_, strengths)) in zip(axes.flat, DISTORTIONS.items(), strict=True):
        for (name, title, size), values in found.items():
            if name != distortion:
                continue
            if size == 256:
                rise = np.array(values) - values[0]
                style = {"color": COLOURS[title.split()[0]], "ls": STYLES[title.split()[-1]]}
                ax.plot(
                    range(len(values)),
                    rise / np.max(np.abs(rise)),
                    marker=".",
                    label=title,
                    **style,
                )
            lines += [
                f"{name},{strength},{title},{size},{value:.6g},{counts.get((title, size), 60)}"
                for strength, value in zip(("none", *strengths), values, strict=True)
            ]
        ax.set_title(distortion, fontsize=9)
        ax.set_xticks(range(len(strengths) + 1), ["none", *map(str, strengths)])
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("share of largest rise")
    axes[1, 0].set_ylabel("share of largest rise")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=4)
    figure.savefig(DOCS / "sensitivity.svg", metadata={"Date": None})
    (DOCS / "sensitivity.csv").write_text("\n".join(lines) + "\n")
