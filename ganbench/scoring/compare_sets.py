"""`ganbench score FAKE REAL`: two sets of pictures, the wanted numbers, and how they were made."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.scoring import feature_cache, image_sets
from ganbench.scoring import inception_weights as weights
from ganbench.scoring.image_sets import Side
from ganbench.scoring.lazy_extractor import Choices, LazyExtractor
from ganbench.scoring.spool import Keep, folder, spool
from ganbench.system import files
from metrics import compare, scoring
from metrics.registry import Metric
from metrics.sample import Sample

PART_BYTES = 64 * 2**20  # pictures handed to the network at a time
PART_BATCHES = 64
STAND_IN = "the network has random weights (ganbench prepare, or --inception-weights FILE)"

Tick = Callable[[str, int, int], None]  # what, pictures done, of how many


@dataclass(frozen=True)
class Settings:
    """What was asked for, apart from the two sides."""

    metrics: tuple[str, ...] | None = None  # None: the usual ones
    protocol: str = "tf"
    precision: str = "fp32"
    engine: str = "torch"
    device: str | None = None  # None: a GPU if there is one
    inception_weights: Path | None = None
    plugins: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One side after it was looked at."""

    side: Side
    count: int
    from_cache: bool  # had the network seen it before?


@dataclass(frozen=True)
class Comparison:
    """All that is to be said."""

    generated: Seen
    real: Seen
    results: dict[str, scoring.Result]
    extractor: dict[str, Any]  # its protocol; empty when no metric looks through a network
    warnings: tuple[str, ...]


def compare_sides(fake: str, real: str, settings: Settings, tick: Tick) -> Comparison:
    """Score what `fake` names against what `real` names; InputError for anything that cannot be.

    All that can be wrong with the two sides is found before the network is loaded.
    """
    metrics = choose_metrics(settings)
    pair = image_sets.open_two(fake, real)
    extractor, problem = None, ""
    if any(metric.sees_features for metric in metrics):
        extractor, problem = choose_extractor(settings, tick)
    wanted = scoring.needs(metrics)
    aside = "pictures" in wanted and any(side.array is None for side in pair)
    with folder() if aside else nullcontext() as scratch:
        (made, old), (reference, known) = (
            look(side, wanted, extractor, scratch, tick) for side in pair
        )
        results = scoring.score(made, reference, metrics, extractor)
    return Comparison(
        generated=Seen(pair[0], len(made), old),
        real=Seen(pair[1], len(reference), known),
        results=results,
        extractor=extractor.protocol() if extractor else {},
        warnings=_warnings(*pair, problem),
    )


def choose_metrics(settings: Settings) -> list[Metric]:
    """The metrics asked for; InputError for a wrong choice of anything."""
    compare.check_choices(
        protocol=settings.protocol, precision=settings.precision, engine=settings.engine
    )
    return compare.choose(
        compare.USUAL if settings.metrics is None else settings.metrics, settings.plugins
    )


def _warnings(generated: Side, real: Side, problem: str) -> tuple[str, ...]:
    said = [f"{problem}, so {STAND_IN}"] if problem else []
    said += [*generated.notes, *real.notes]
    if generated.size != real.size:
        (height, width), (high, wide) = generated.size, real.size
        said.append(
            f"generated pictures are {width}x{height}, real ones {wide}x{high}: "
            "what one size blurs more than the other counts in every score"
        )
    return tuple(said)


def choose_extractor(
    settings: Settings, tick: Tick, random: bool = False
) -> tuple[LazyExtractor, str]:
    """The network and, where the official weights are out of reach, the reason.

    `random` asks for the random stand-in even if there are weights.
    """
    file, problem = None, ""
    if not random:
        found = weights.find(
            settings.inception_weights, lambda done, of: tick("Inception weights", done, of)
        )
        file, problem = found.path, found.problem
    chosen = Choices(file, settings.device, settings.protocol, settings.precision, settings.engine)
    return LazyExtractor(chosen), problem


def look(
    side: Side, wanted: set[str], extractor: LazyExtractor | None, scratch: Path | None, tick: Tick
) -> tuple[Sample, bool]:
    """What the metrics want to know of a side; True when the network had seen it before.

    Memory stays flat: features go to the cache in parts, pictures to a file in `scratch`, and only
    where a metric looks at pixels.
    """
    aside = None
    if scratch and "pictures" in wanted and side.array is None:
        aside = scratch / f"{side.content}.npy"
    with spool(aside, side.size) if aside else nullcontext() as keep:
        if extractor is None:
            sample, known = Sample(), False
            _only_decode(side, keep)
        else:
            sample, known = _features(side, extractor, keep, tick)
    if "pictures" in wanted:
        sample = replace(sample, pictures=files.read_array(aside) if aside else side.array)
    return sample, known


def _features(
    side: Side, extractor: LazyExtractor, keep: Keep | None, tick: Tick
) -> tuple[Sample, bool]:
    """Features from the cache, else through the network and into the cache."""
    if not extractor.remembered:
        side.begin()  # threads decode while torch is imported
    kept = feature_cache.key(side.content, extractor.protocol(), extractor.device)
    try:
        sample, about = feature_cache.read(kept), feature_cache.read_about(kept)
        side.broken.update({int(place): why for place, why in about["broken"].items()})
    except (InputError, KeyError, AttributeError, ValueError):  # not there, or damaged
        seen = _through(extractor, side, keep, tick)
        feature_cache.write(kept, seen, lambda: {"broken": dict(side.broken)})
        return feature_cache.read(kept), False
    _only_decode(side, keep)
    return sample, True


def _through(
    extractor: LazyExtractor, side: Side, keep: Keep | None, tick: Tick
) -> Iterator[Sample]:
    """What the network sees, part by part, each of whole batches."""
    side.begin()  # before the network is built
    done = 0
    for part in side.parts(_part(side, extractor.batch)):
        if keep:
            keep(part)
        yield extractor.features(part, partial(_tell, tick, side, done))
        done += len(part)


def _part(side: Side, batch: int) -> int:
    """How many pictures come at a time: whole batches, as many as fit."""
    height, width = side.size
    return batch * max(1, min(PART_BATCHES, PART_BYTES // (height * width * 3 * batch)))


def _tell(tick: Tick, side: Side, before: int, now: int, of: int) -> None:
    tick(side.path, before + now, side.at_most)


def _only_decode(side: Side, keep: Keep | None) -> None:
    if keep:
        for part in side.parts(_part(side, batch=1)):
            keep(part)
