"""The extractors that ganbench brings. Their networks are imported when one is built."""

from pathlib import Path
from typing import TYPE_CHECKING

from metrics.errors import InputError
from metrics.extractors import random_weights, release
from metrics.extractors.registry import ExtractorSpec

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


def _efficientnet(variant: str, weights: Path | None) -> "nn.Module":
    from metrics.extractors import efficientnet
    from metrics.extractors.weights import read

    assert weights is not None
    published = {"lite0": release.LITE0, "lite2": release.LITE2}[variant]
    shapes = efficientnet.shapes(variant)
    return efficientnet.network(read(weights, shapes, published.what, published), variant)


def _dinov2(variant: str, weights: Path | None) -> "nn.Module":
    from metrics.extractors import dinov2
    from metrics.extractors.weights import read

    assert weights is not None
    published = {"vits14": release.DINOV2_S, "vitl14": release.DINOV2_L}[variant]
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

RANDOM_INCEPTION = ExtractorSpec(
    name="random-inception",
    title="random-Inception",
    key="random_inception",
    features=2048,
    side=299,
    network=_random_inception,
    about="the same network without training: proves arithmetic, sees little; never a judge",
    resizes=("tf", "clean"),
    mean=128.0,
    scale=128.0,
    sha256=random_weights.SHA256,
    licence="MIT",
    paper="ours; docs/metrics.md",
    version=2,
)

LITE0 = ExtractorSpec(
    name="efficientnet-lite0",
    title="Lite0",
    key="lite0",
    features=1280,
    side=224,
    network=lambda weights: _efficientnet("lite0", weights),
    about="small, trained on ImageNet, comes with ganbench: sees out of the box, on a CPU",
    mean=127.0,
    scale=128.0,
    release=release.LITE0,
    licence="Apache-2.0",
    paper="Tan and Le 2019, arXiv 1905.11946",
)

LITE2 = ExtractorSpec(
    name="efficientnet-lite2",
    title="Lite2",
    key="lite2",
    features=1280,
    side=260,
    network=lambda weights: _efficientnet("lite2", weights),
    about="a larger member of the same family: a second opinion",
    mean=127.0,
    scale=128.0,
    release=release.LITE2,
    licence="Apache-2.0",
    paper="Tan and Le 2019, arXiv 1905.11946",
)

DINOV2_S = ExtractorSpec(
    name="dinov2-vits14",
    title="DINOv2-S",
    key="dinov2_s",
    features=384,
    side=224,
    network=lambda weights: _dinov2("vits14", weights),
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

DINOV2_L = ExtractorSpec(
    name="dinov2-vitl14",
    title="DINOv2-L",
    key="dinov2_l",
    features=1024,
    side=224,
    network=lambda weights: _dinov2("vitl14", weights),
    about="what Stein et al. 2023 recommend: nearest to people's judgement; wants a GPU",
    resizes=("bicubic", "clean"),
    mean=(123.675, 116.28, 103.53),  # ImageNet's
    scale=(58.395, 57.12, 57.375),
    release=release.DINOV2_L,
    needs=("timm",),
    install="pip install 'ganbench[dinov2]'",
    licence="Apache-2.0",
    paper="Oquab et al. 2023, arXiv 2304.07193",
)
