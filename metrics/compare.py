"""Two sets of pictures in, every wanted number out: what `ganbench score` does, on arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from metrics import pictures, registry, scoring
from metrics.errors import InputError
from metrics.extractors import registry as extractors
from metrics.registry import Metric
from metrics.sample import Sample
from metrics.scoring import Result

if TYPE_CHECKING:
    from metrics.extractors.extractor import Extractor

# When none is asked for; `is` and `fid_infinity` want more pictures than most have.
USUAL = (
    *("fid", "kid", "mifid", "fwd"),
    *("precision", "recall", "density", "coverage", "mesh", "diversity", "nearest"),
    "memorization_distance",
)
ALL = "all"  # stands for every metric that needs no more than two sets of pictures
OF_PICTURES = {"pool", "logits", "pictures"}
CHOICES = {
    "protocol": ("tf", "clean"),
    "precision": ("fp32", "bf16"),
    "engine": ("torch", "openvino"),
}


class GivenFeatures:
    """Stands for the unknown network behind features that a caller brings."""

    official, name, key = False, "given features", "given_features"

    def protocol(self) -> dict[str, Any]:
        """All that is known of how the features came about: what made them is called."""
        return {"extractor": self.name}


def score(
    generated: np.ndarray | Sample,
    real: np.ndarray | Sample,
    metrics: Iterable[str] | None = None,
    *,
    extractor: str | None = None,
    weights: str | Path | None = None,
    device: str = "cpu",
    protocol: str = "tf",
    precision: str = "fp32",
    engine: str = "torch",
    plugins: Sequence[str | Path] = (),
    errors: bool = True,
) -> dict[str, Result]:
    """Score generated against real pictures, each side uint8 N H W 3 in its own size.

    metrics: names, by default USUAL, or "all"; plugins: files that define more, or extractors.
    extractor: a name; None for "inception" where its `weights` are given (.pth, .safetensors), else
        for "efficientnet-lite0", whose numbers are called Lite0 FD and never FID.
    protocol: "tf" (TensorFlow 1's resize) or "clean" (clean-fid's), for Inception; precision:
        "fp32" or "bf16".
    errors: with standard errors over generated pictures, which take longer than the numbers.

    The results stand by their keys in the order of `metrics`; `value` is None where there is no
    number, and `note` says why. Samples that bring their features are not looked at; then nobody
    here knows what made these, and their numbers are called given features FD and never FID.
    Of such a real side `moments` are enough for Fréchet distances.
    InputError for wrong arrays, names or choices, and for one side alone with features. torch is
    imported only where a metric needs it.
    """
    check_choices(protocol=protocol, precision=precision, engine=engine)
    chosen = choose(USUAL if metrics is None else metrics, plugins)
    sides = _sample(generated, "generated"), _sample(real, "real")
    if not any(metric.sees_features for metric in chosen):
        return scoring.score(*sides, chosen, None, errors)
    if _both_given(*sides, scoring.needs(chosen)):
        return scoring.score(*sides, chosen, GivenFeatures(), errors)
    from metrics.extractors.extractor import Extractor

    name = extractor or ("inception" if weights else "efficientnet-lite0")
    spec = extractors.get(name, tuple(map(Path, plugins)))
    file = Path(weights) if weights else None
    network = Extractor(spec, file, device, resize=protocol, precision=precision, engine=engine)
    looked = _look(network, sides[0]), _look(network, sides[1])
    return scoring.score(*looked, chosen, network, errors)


def check_choices(**chosen: str) -> None:
    """InputError for a protocol, precision or engine that does not exist."""
    for what, value in chosen.items():
        if value not in CHOICES[what]:
            raise InputError(f"there is no {what} {value!r}", f"{what}: {', '.join(CHOICES[what])}")


def choose(names: Iterable[str], plugins: Sequence[str | Path] = ()) -> list[Metric]:
    """The metrics of these names, each once; InputError for an unknown one, or for none.

    ALL among them stands, in its place, for all that two sets of pictures can be asked for.
    """
    files = tuple(map(Path, plugins))
    chosen: dict[str, Metric] = {}
    for name in names:
        if name == ALL:
            every = (registry.get(one, files) for one in registry.names(files))
            found = [metric for metric in every if OF_PICTURES.issuperset(metric.needs)]
        else:
            found = [registry.get(name, files)]
        chosen |= {metric.name: metric for metric in found if metric.name not in chosen}
    if not chosen:
        raise InputError("no metric is asked for", f"metrics: {', '.join(registry.names(files))}")
    return list(chosen.values())


def _sample(side: np.ndarray | Sample, name: str) -> Sample:
    sample = side if isinstance(side, Sample) else Sample(pictures=np.asarray(side))
    if sample.pictures is not None:
        pictures.check(sample.pictures, name)
    return sample


def _both_given(generated: Sample, real: Sample, wanted: set[str]) -> bool:
    """Do both sides bring features? InputError when only one does, or when they do not suffice."""
    sides = {"generated": generated, "real": real}
    given = [name for name, side in sides.items() if _given(side)]
    if len(given) == 1:
        raise InputError(
            f"only the {given[0]} side brings features: two extractors would be compared",
            "give both sides as pictures, or both with features of one extractor",
        )
    for name, side in sides.items():
        if not given and side.pictures is None:
            raise InputError(f"the {name} side has neither pictures nor features")
        if given and side.pool is None and not side.moments and "pool" in wanted:
            raise InputError(f"the {name} side brings no pooled features, Sample(pool=...)")
    return bool(given)


def _given(sample: Sample) -> bool:
    return any(known is not None for known in (sample.pool, sample.logits, sample.moments))


def _look(extractor: "Extractor", sample: Sample) -> Sample:
    assert sample.pictures is not None
    seen = extractor.features(sample.pictures)
    return replace(sample, pool=seen.pool, logits=seen.logits)
