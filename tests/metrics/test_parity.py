"""Every number beside the reference implementation's, on the same features or the same pictures.

Networks load the same file: of random weights in the official format, or EfficientNet-Lite's
published one. `compare` (conftest.py) asserts and keeps the rows of docs/parity.md.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import mpmath
import numpy as np
import pytest
import torch
from PIL import Image

from metrics.density_coverage import coverage, density
from metrics.extractors.built_in import INCEPTION, LITE0, LITE2
from metrics.extractors.extractor import Extractor
from metrics.extractors.resize import resized
from metrics.fid import frechet_distance, gaussian_distance
from metrics.gaussian import Gaussian
from metrics.inception_score import inception_scores, splits_of
from metrics.kid import kernel_distance
from metrics.mifid import MIFID
from metrics.precision_recall import precision, recall
from metrics.sample import Sample

REAL_JPEGS = pytest.param(
    "monet",
    marks=[
        pytest.mark.monet,
        pytest.mark.skipif(
            not os.environ.get("GANBENCH_MONET"), reason="GANBENCH_MONET is not set"
        ),
    ],
)
ARRAYS = "1,200 + 1,100 rows of 64"


def made_up(count: int, tint: float, seed: int) -> np.ndarray:
    """Squares of 8 pixels in random colours: uint8 N 64 64 3."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (count, 8, 8, 3)) * [1, 1, tint]
    return coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.uint8)


def jpegs(folder: str, count: int) -> np.ndarray:
    paths = sorted((Path(os.environ["GANBENCH_MONET"]) / folder).glob("*.jpg"))[:count]
    return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])


def arrays() -> tuple[np.ndarray, np.ndarray]:
    """Features that are positive and skewed, as pooled ones are: float32."""
    random = np.random.default_rng(4)
    generated = random.gamma(0.6, 0.7, (1200, 64))
    return generated.astype(np.float32), random.gamma(0.5, 0.8, (1100, 64)).astype(np.float32)


@dataclass(frozen=True)
class Seen:
    """Two sets of pictures as both networks see them: generated first, then real.

    kept: features of a picture that distances are made of; the references' cost grows as its cube.
    """

    pictures: str
    kept: int
    ours: tuple[Sample, Sample]
    theirs: tuple[Sample, Sample]

    @property
    def on(self) -> str:
        return self.pictures + ("" if self.kept == 2048 else f", {self.kept} features")

    def our_pools(self) -> list[np.ndarray]:
        return [side.features()[:, : self.kept] for side in self.ours]

    def their_pools(self) -> list[np.ndarray]:
        return [side.features()[:, : self.kept] for side in self.theirs]

    def tensors(self, dtype: torch.dtype) -> list[torch.Tensor]:
        """The reference's own pooled features."""
        return [torch.from_numpy(side).to(dtype) for side in self.their_pools()]


@pytest.fixture(scope="module")
def same_file(weights_file) -> Extractor:
    """Our network under the file that the reference reads."""
    return Extractor(INCEPTION, weights_file)


@pytest.fixture(scope="module")
def seen(request, same_file, reference) -> Seen:
    if request.param == "monet":
        count = 30 if os.environ.get("GANBENCH_WRITE_DOCS") else 10
        pictures, kept = f"{count} + {count} JPEGs of 256 px", 2048
        sides = jpegs("photo_jpg", count), jpegs("monet_jpg", count)
    else:
        pictures, kept = "12 + 12 made-up pictures of 64 px", 512
        sides = made_up(12, 0.8, 0), made_up(12, 1.0, 1)
    ours = same_file.features(sides[0]), same_file.features(sides[1])
    return Seen(pictures, kept, ours, (seen_by(reference, sides[0]), seen_by(reference, sides[1])))


def seen_by(network: torch.nn.Module, pictures: np.ndarray) -> Sample:
    tensor = torch.from_numpy(pictures.copy()).permute(0, 3, 1, 2).contiguous()
    with torch.inference_mode():
        pool, logits = zip(*(network(batch) for batch in tensor.split(4)), strict=True)
    return Sample(torch.cat(pool).numpy(), torch.cat(logits).numpy())


both = pytest.mark.parametrize("seen", ["made-up", REAL_JPEGS], indirect=True)


@both
def test_features_agree_with_torch_fidelity(seen, compare):
    for field, name in (("pool", "features"), ("logits", "logits without bias")):
        ours, theirs = (
            np.concatenate([getattr(side, field) for side in sides])
            for sides in (seen.ours, seen.theirs)
        )
        compare(name, "torch-fidelity", seen.pictures, ours, theirs, 1e-6)


@pytest.mark.parametrize("spec", [LITE0, LITE2], ids=lambda spec: spec.name)
@pytest.mark.parametrize("kind", ["made-up", REAL_JPEGS])
def test_features_agree_with_efficientnet_lite_pytorch(kind, spec, compare):
    """Its network under the same published weights, shown the same resized pictures."""
    from efficientnet_lite_pytorch import EfficientNet

    if kind == "monet":
        shown, on = jpegs("monet_jpg", 12), "12 JPEGs of 256 px"
    else:
        shown, on = made_up(12, 0.8, 0), "12 made-up pictures of 64 px"
    weights = str(spec.release.packaged())
    published = EfficientNet.from_pretrained(spec.name, weights_path=weights).eval()
    resized_ = resized(shown, "bicubic", spec.side, torch.device("cpu"))
    with torch.inference_mode():
        theirs = published.extract_features((resized_ - 127) / 128).mean((2, 3)).numpy()
    ours = Extractor(spec).features(shown).features()
    compare(f"features of {spec.title}", "efficientnet-lite-pytorch", on, ours, theirs, 1e-5)


@both
def test_fid_agrees_with_torch_fidelity_on_its_own_features(seen, compare):
    """Its eigenvalues carry the roots of rounding noise; ours are held against 40 digits below."""
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    statistics = [fid_features_to_statistics(side) for side in seen.tensors(torch.float32)]
    theirs = fid_statistics_to_metric(*statistics, verbose=False)
    expected = theirs["frechet_inception_distance"]
    compare("FID", "torch-fidelity", seen.on, frechet_distance(*seen.our_pools()), expected, 1e-4)


def exact_distance(generated: np.ndarray, real: np.ndarray) -> float:
    """The definition in 40 digits: Tr (S1 S2)^(1/2) from the eigenvalues of S1^(1/2) S2 S1^(1/2).

    Both sides are first written in a basis of what they span, which changes no distance.
    """
    points = np.concatenate([generated, real]).astype(np.float64)
    basis = np.linalg.qr((points - points[0]).T)[0]
    with mpmath.workdps(40):
        sides = [mpmath.matrix(((s - points[0]) @ basis).tolist()) for s in (generated, real)]
        (m1, s1), (m2, s2) = (_moments(side) for side in sides)
        values, vectors = mpmath.eigsy(s1)
        root = vectors * mpmath.diag([mpmath.sqrt(max(v, 0)) for v in values]) * vectors.T
        overlap = sum(mpmath.sqrt(max(v, 0)) for v in mpmath.eigsy(root * s2 * root)[0])
        step = m1 - m2
        trace = sum(s1[i, i] + s2[i, i] for i in range(s1.rows))
        return float((step.T * step)[0] + trace - 2 * overlap)


def _moments(points: mpmath.matrix) -> tuple[mpmath.matrix, mpmath.matrix]:
    count = points.rows
    mean = (mpmath.ones(1, count) * points / count).T
    centred = points - mpmath.ones(count, 1) * mean.T
    return mean, centred.T * centred / (count - 1)


@both
def test_fid_agrees_with_forty_digit_arithmetic_on_few_pictures(seen, compare):
    sides = [side[:10] for side in seen.our_pools()]
    on = f"10 + 10 of the {seen.on}"
    compare(
        "FID", "40-digit arithmetic", on, frechet_distance(*sides), exact_distance(*sides), 1e-6
    )


def test_fid_agrees_with_forty_digit_arithmetic_from_stored_statistics(compare):
    sides = [side[:40, :12] for side in arrays()]
    value = gaussian_distance(*(Gaussian.of(side) for side in sides))
    on = "40 + 40 rows of 12, as Gaussians"
    compare("FID", "40-digit arithmetic", on, value, exact_distance(*sides), 1e-6)


@both
def test_kid_of_few_pictures_agrees_with_torch_fidelity(seen, compare):
    """One subset of all. Its float32 would keep 3 digits of a difference of sums near 1."""
    from torch_fidelity.metric_kid import kid_features_to_metric

    count = len(seen.ours[0])
    theirs = kid_features_to_metric(
        *seen.tensors(torch.float64), kid_subsets=1, kid_subset_size=count, verbose=False
    )
    value = kernel_distance(*seen.our_pools()).value
    expected = theirs["kernel_inception_distance_mean"]
    compare("KID", "torch-fidelity, on float64", seen.on, value, expected, 1e-4)


def test_kid_of_subsets_agrees_with_torch_fidelity(compare):
    from torch_fidelity.metric_kid import kid_features_to_metric

    found = kernel_distance(*arrays()).subsets
    for dtype, name, subsets, bound in (
        (torch.float32, "torch-fidelity", 100, 1e-4),
        (torch.float64, "torch-fidelity, on float64", 5, 1e-9),
    ):
        tensors = [torch.from_numpy(side).to(dtype) for side in arrays()]
        theirs = kid_features_to_metric(*tensors, kid_subsets=subsets, verbose=False)
        first, on = found[:subsets], f"{ARRAYS}, {subsets} subsets"
        expected = theirs["kernel_inception_distance_mean"]
        compare("KID", name, on, float(first.mean()), expected, bound)
        expected = theirs["kernel_inception_distance_std"]
        compare("KID, spread", name, on, float(first.std()), expected, 100 * bound)


@both
def test_the_inception_score_agrees_with_torch_fidelity(seen, compare):
    from torch_fidelity.metric_isc import isc_features_to_metric

    logits, theirs = seen.ours[0].logits, seen.theirs[0].logits
    splits = splits_of(len(logits))
    expected = isc_features_to_metric(torch.from_numpy(theirs), splits)["inception_score_mean"]
    name = f"Inception Score, splits: {splits}"
    compare(name, "torch-fidelity", seen.pictures, inception_scores(logits).mean(), expected, 1e-6)


def test_the_inception_score_of_ten_splits_agrees_with_torch_fidelity(compare):
    from torch_fidelity.metric_isc import isc_features_to_metric

    logits = arrays()[0] * 3
    scores, theirs = inception_scores(logits), isc_features_to_metric(torch.from_numpy(logits))
    on = "1,200 rows of 64"
    expected = theirs["inception_score_mean"]
    compare("Inception Score", "torch-fidelity", on, scores.mean(), expected, 1e-9)
    expected = theirs["inception_score_std"]
    compare("Inception Score, spread", "torch-fidelity", on, scores.std(), expected, 1e-9)


def compare_neighbours(compare, on, ours, theirs) -> None:
    """Our precision, recall, density and coverage of `ours` beside the references' of `theirs`.

    Of 1,100 pictures one lies within 2e-7 of a ball's edge: on which side, torch-fidelity's float32
    lets the processor decide.
    """
    from prdc import compute_prdc
    from torch_fidelity.metric_prc import prc_features_to_metric

    tensors = [torch.from_numpy(side).double() for side in theirs]
    expected = prc_features_to_metric(*tensors, verbose=False)
    reference = "torch-fidelity, on float64"
    compare("precision", reference, on, precision(*ours), expected["precision"], 1e-6)
    compare("recall", reference, on, recall(*ours), expected["recall"], 1e-6)
    expected = compute_prdc(theirs[1], theirs[0], nearest_k=5)
    compare("density", "prdc", on, density(*ours), expected["density"], 1e-9)
    compare("coverage", "prdc", on, coverage(*ours), expected["coverage"], 1e-9)


@both
def test_neighbour_metrics_agree_with_torch_fidelity_and_prdc(seen, compare):
    compare_neighbours(compare, seen.on, seen.our_pools(), seen.their_pools())


def test_neighbour_metrics_agree_on_arrays(compare):
    compare_neighbours(compare, ARRAYS, arrays(), arrays())


def torchmetrics_mifid(real: np.ndarray, fake: np.ndarray) -> float:
    """Under its own names of the sides."""
    from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance

    metric = MemorizationInformedFrechetInceptionDistance(torch.nn.Identity())
    metric.update(torch.from_numpy(real).double(), real=True)
    metric.update(torch.from_numpy(fake).double(), real=False)
    return float(metric.compute())


def our_mifid(generated: np.ndarray, real: np.ndarray) -> float:
    return MIFID.measure(Sample(pool=generated), Sample(pool=real)).value


@both
def test_mifid_agrees_with_torchmetrics_in_kaggles_order(seen, compare):
    generated, real = seen.their_pools()
    reference = "torchmetrics, sides in Kaggle's order"
    value, expected = our_mifid(*seen.our_pools()), torchmetrics_mifid(real=generated, fake=real)
    compare("MiFID", reference, seen.on, value, expected, 1e-4)


def test_in_torchmetrics_own_order_a_copier_goes_free(compare):
    """A generator whose every picture is one of a tenth of the real ones."""
    real = arrays()[1][:300]
    generated = np.repeat(real[:30], 10, axis=0) + np.float32(0.01)
    value = our_mifid(generated, real)
    expected = torchmetrics_mifid(real=generated, fake=real)
    reference = "torchmetrics, sides in Kaggle's order"
    compare("MiFID", reference, "300 + 300 rows of 64, copies", value, expected, 1e-4)
    assert torchmetrics_mifid(real=real, fake=generated) < value / 100
    assert our_mifid(real, generated) < value / 100
