"""`ganbench score FAKE REAL`: two sets of pictures, the wanted numbers, and how they were made."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.scoring import choose_extractors, feature_cache, image_sets
from ganbench.scoring.image_sets import Side
from ganbench.scoring.lazy_extractor import Choices, LazyExtractor
from ganbench.scoring.spool import Keep, folder, spool
from ganbench.system import files
from metrics import compare, scoring
from metrics.extractors import registry
from metrics.registry import Metric
from metrics.sample import Sample

PART_BYTES = 64 * 2**20  # pictures handed to the network at a time
PART_BATCHES = 64

Tick = Callable[[str, int, int], None]  # what, pictures done, of how many


@dataclass(frozen=True)
class Settings:
    """What was asked for, apart from the two sides."""

    metrics: tuple[str, ...] | None = None  # None: the usual ones
    protocol: str = "tf"
    precision: str = "fp32"
    engine: str = "torch"
    extractors: tuple[str, ...] = ()  # none: Inception if its weights are here, else Lite0
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
    extractors: tuple[dict[str, Any], ...]  # their protocols, the leading one first
    warnings: tuple[str, ...]


def compare_sides(fake: str, real: str, settings: Settings, tick: Tick) -> Comparison:
    """Score what `fake` names against what `real` names; InputError for anything that cannot be.

    All that can be wrong with the two sides is found before the network is loaded.
    """
    metrics = choose_metrics(settings)
    pair = image_sets.open_two(fake, real)
    extractors: list[LazyExtractor] = []
    notes: tuple[str, ...] = ()
    if any(metric.sees_features for metric in metrics):
        extractors, notes = extractors_of(settings, tick)
    results: dict[str, scoring.Result] = {}
    sides: list[Seen] = []
    for extractor, share in scoring.shared_out(metrics, extractors):
        seen, found = _compare(pair, share, extractor, tick)
        results |= found
        sides = sides or seen
    protocols = tuple(extractor.protocol() for extractor in extractors)
    return Comparison(sides[0], sides[1], results, protocols, _warnings(*pair, notes))


def _compare(
    pair: tuple[Side, Side], metrics: list[Metric], extractor: LazyExtractor | None, tick: Tick
) -> tuple[list[Seen], dict[str, scoring.Result]]:
    """What these metrics say of both sides, seen through one extractor."""
    wanted = scoring.needs(metrics)
    aside = "pictures" in wanted and any(side.array is None for side in pair)
    with folder() if aside else nullcontext() as scratch:
        looked = [look(side, wanted, extractor, scratch, tick) for side in pair]
        (made, _), (reference, _) = looked
        results = scoring.score(made, reference, metrics, extractor)
        seen = [
            Seen(side, len(sample), known)
            for side, (sample, known) in zip(pair, looked, strict=True)
        ]
    return seen, results


def choose_metrics(settings: Settings) -> list[Metric]:
    """The metrics asked for; InputError for a wrong choice of anything."""
    compare.check_choices(
        protocol=settings.protocol, precision=settings.precision, engine=settings.engine
    )
    return compare.choose(
        compare.USUAL if settings.metrics is None else settings.metrics, settings.plugins
    )


def _warnings(generated: Side, real: Side, notes: tuple[str, ...]) -> tuple[str, ...]:
    said = [*notes, *generated.notes, *real.notes]
    if generated.size != real.size:
        (height, width), (high, wide) = generated.size, real.size
        said.append(
            f"generated pictures are {width}x{height}, real ones {wide}x{high}: "
            "what one size blurs more than the other counts in every score"
        )
    return tuple(said)


def extractors_of(settings: Settings, tick: Tick) -> tuple[list[LazyExtractor], tuple[str, ...]]:
    """The networks, and what is to be said of them; by default the one that would lead a suite."""
    given = settings.inception_weights, tick, False, settings.plugins
    named = settings.extractors
    found = choose_extractors.choose(named, *given)
    chosen = found.chosen if named else found.chosen[:1]
    how = settings.device, settings.protocol, settings.precision, settings.engine
    built = [
        LazyExtractor(Choices(registry.get(c.name, settings.plugins), c.weights, *how))
        for c in chosen
    ]
    if not named and chosen[0].name != choose_extractors.USUAL:
        return built, (f"{chosen[0].name} looks at the pictures: {found.reason}",)
    return built, found.left_out


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
