"""The extractors that ganbench brings. Their networks are imported when one is built."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from metrics.errors import InputError
from metrics.extractors import random_weights, release
from metrics.extractors.registry import ExtractorSpec
from metrics.extractors.release import Release

if TYPE_CHECKING:
    from torch import nn


def _inception(weights: Path | None) -> "nn.Module":
    from metrics.extractors import inception
    from metrics.extractors.weights import read

    if weights is None:
        raise InputError("Inception has no weights here", "ganbench prepare")
    what = "the FID Inception network"
    return inception.network(read(weights, inception.shapes(), what, release.INCEPTION))


def _random_inception(_: Path | None) -> "nn.Module":
    from metrics.extractors import inception
    from metrics.extractors.weights import random_tensors

    return inception.network(random_tensors())


def _efficientnet(variant: str, published: Release, weights: Path | None) -> "nn.Module":
    from metrics.extractors import efficientnet
    from metrics.extractors.weights import read

    assert weights is not None
    shapes = efficientnet.shapes(variant)
    return efficientnet.network(read(weights, shapes, published.what, published), variant)


def _dinov2(variant: str, published: Release, weights: Path | None) -> "nn.Module":
    from metrics.extractors import dinov2
    from metrics.extractors.weights import read

    assert weights is not None
    return dinov2.network(read(weights, dinov2.shapes(variant), published.what, published), variant)


INCEPTION = ExtractorSpec(
    name="inception",
    title="Inception 2015-12-05",
    key="inception",
    features=2048,
    side=299,
    network=_inception,
    about="what published FIDs are measured with; needs a download of 91 MiB",
    resizes=("tf", "clean"),
    mean=128.0,
    scale=128.0,
    release=release.INCEPTION,
    any_weights=True,
    licence="Apache-2.0",
    paper="Szegedy et al. 2016, arXiv 1512.00567",
    version=2,
)

RANDOM_INCEPTION = replace(
    INCEPTION,
    name="random-inception",
    title="random-Inception",
    key="random_inception",
    network=_random_inception,
    about="the same network without training: proves arithmetic, sees little; never a judge",
    release=None,
    sha256=random_weights.SHA256,
    any_weights=False,
    licence="MIT",
    paper="ours; docs/metrics.md",
)

LITE0 = ExtractorSpec(
    name="efficientnet-lite0",
    title="Lite0",
    key="lite0",
    features=1280,
    side=224,
    network=partial(_efficientnet, "lite0", release.LITE0),
    about="small, trained on ImageNet, comes with ganbench: sees out of the box, on a CPU",
    mean=127.0,
    scale=128.0,
    release=release.LITE0,
    licence="Apache-2.0",
    paper="Tan and Le 2019, arXiv 1905.11946",
)

LITE2 = replace(
    LITE0,
    name="efficientnet-lite2",
    title="Lite2",
    key="lite2",
    side=260,
    network=partial(_efficientnet, "lite2", release.LITE2),
    about="a larger member of the same family: a second opinion",
    release=release.LITE2,
)

DINOV2_S = ExtractorSpec(
    name="dinov2-vits14",
    title="DINOv2-S",
    key="dinov2_s",
    features=384,
    side=224,
    network=partial(_dinov2, "vits14", release.DINOV2_S),
    about="trained without labels; the small member, for a CPU",
    resizes=("bicubic", "clean"),
    mean=(123.675, 116.28, 103.53),  # ImageNet's
    scale=(58.395, 57.12, 57.375),
    release=release.DINOV2_S,
    needs=("timm",),
    install="pip install 'ganbench[dinov2]'",
    licence="Apache-2.0",
    paper="Oquab et al. 2023, arXiv 2304.07193",
)

DINOV2_L = replace(
    DINOV2_S,
    name="dinov2-vitl14",
    title="DINOv2-L",
    key="dinov2_l",
    features=1024,
    network=partial(_dinov2, "vitl14", release.DINOV2_L),
    about="what Stein et al. 2023 recommend: nearest to people's judgement; wants a GPU",
    release=release.DINOV2_L,
)
