"""`ganbench score FAKE REAL`: two sets of pictures, the wanted numbers, and how they were made."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import plugins
from ganbench.errors import InputError
from ganbench.scoring import choose_extractors, feature_cache, image_sets, statistics_file
from ganbench.scoring.image_sets import Side
from ganbench.scoring.lazy_extractor import Choices, LazyExtractor
from ganbench.scoring.spool import Keep, folder, spool
from ganbench.scoring.statistics_file import StatisticsSide
from ganbench.system import files
from metrics import compare, scoring
from metrics.extractors import registry
from metrics.gaussian import Gaussian
from metrics.registry import Metric
from metrics.sample import Sample

PART_BYTES = 64 * 2**20  # pictures handed to the network at a time
PART_BATCHES = 64
SHEET = 3  # width over height, or height over width, from which a picture may be a contact sheet

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
    only: tuple[str, str] = ("", "")  # patterns of the file names of each side; "": all
    save_stats: Path | None = None  # where to write the statistics of the real side


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
    used = [*(metric.name for metric in metrics), *settings.extractors]
    idle = plugins.unused(settings.plugins, used, models=False)
    with ExitStack() as room:
        pair = image_sets.open_two(fake, real, settings.only, room)
        if settings.save_stats:
            _require_pictures(pair[1])
        metrics, notes = _possible(metrics, pair, settings)
        notes = *idle, *notes
        extractors: list[LazyExtractor] = []
        if any(metric.sees_features for metric in metrics):
            extractors, told = extractors_of(settings, tick)
            notes = *told, *notes, *_checked(pair[1], extractors)
        results: dict[str, scoring.Result] = {}
        sides: list[Seen] = []
        for extractor, share in scoring.shared_out(metrics, extractors):
            seen, found = _compare(pair, share, extractor, tick)
            results |= found
            sides = sides or seen
        if settings.save_stats:
            _save(pair[1], settings, tick)
    protocols = tuple(extractor.protocol() for extractor in extractors)
    return Comparison(sides[0], sides[1], results, protocols, _warnings(*pair, notes))


def save_statistics(path: str, settings: Settings, tick: Tick) -> int:
    """Write mean and covariance of what the first extractor sees; returns of how many pictures.

    InputError when `path` names no pictures, or when the file cannot be written.
    """
    with ExitStack() as room:
        side = image_sets.open_side(path, settings.only[0], room)
        _require_pictures(side)
        return _save(side, settings, tick)


def _require_pictures(side: Side) -> None:
    if isinstance(side, StatisticsSide):
        raise InputError(f"{side.path} holds statistics already", "leave --save-stats out")


def _save(side: Side, settings: Settings, tick: Tick) -> int:
    assert settings.save_stats
    (extractor, *_), _ = extractors_of(settings, tick)
    sample, _ = look(side, {"pool"}, extractor, None, tick)
    statistics_file.write(settings.save_stats, Gaussian.of(sample.features()), extractor.protocol())
    return len(sample)


def _possible(
    metrics: list[Metric], pair: tuple[Side, Side], settings: Settings
) -> tuple[list[Metric], tuple[str, ...]]:
    """The metrics that both sides can be asked for, and a word on the others.

    InputError when one of those was named, or when none is left.
    """
    why: dict[str, list[str]] = {}
    for metric in metrics:
        if reason := pair[0].why_not(metric) or pair[1].why_not(metric):
            why.setdefault(reason, []).append(metric.name)
    left_out = {name for names in why.values() for name in names}
    kept = [metric for metric in metrics if metric.name not in left_out]
    named = settings.metrics is not None and compare.ALL not in settings.metrics
    for reason, names in why.items():
        if named or not kept:
            raise InputError(
                f"{', '.join(names)} cannot be computed: {reason}",
                f"--metrics {','.join(m.name for m in kept) or 'fid'}, or other pictures",
            )
    return kept, tuple(f"left out: {', '.join(names)}: {reason}" for reason, names in why.items())


def _checked(real: Side, extractors: list[LazyExtractor]) -> tuple[str, ...]:
    """What statistics presume; InputError when they are of another extractor."""
    if not isinstance(real, StatisticsSide):
        return ()
    return tuple(filter(None, map(real.check, extractors)))


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
    said = [*notes, *generated.notes, *real.notes, image_sets.shared(generated, real)]
    said += [_sheets(side.path, *side.size) for side in (generated, real) if side.size]
    if generated.size and real.size and generated.size != real.size:
        (height, width), (high, wide) = generated.size, real.size
        said.append(
            f"generated pictures are {width}x{height}, real ones {wide}x{high}: "
            "what one size blurs more than the other counts in every score"
        )
    return tuple(dict.fromkeys(filter(None, said)))


def _sheets(path: str, height: int, width: int) -> str:
    """A word on pictures that have the form of many in a row."""
    if max(height, width) < SHEET * min(height, width):
        return ""
    return f"the pictures in {path} are {width}x{height}: is each of them a sheet of many pictures?"


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
    if isinstance(side, StatisticsSide):
        return Sample(moments=side.moments), False
    aside = None
    if scratch and side.size and "pictures" in wanted and side.array is None:
        aside = scratch / f"{id(side)}.npy"  # both sides may be of the same content
    with spool(aside, side.largest) if aside else nullcontext() as keep:
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
            keep(np.asarray(part))
        yield extractor.features(part, partial(_tell, tick, side, done))
        done += len(part)


def _part(side: Side, batch: int) -> int:
    """How many pictures come at a time: whole batches, as many as fit."""
    height, width = side.largest
    return batch * max(1, min(PART_BATCHES, PART_BYTES // (height * width * 3 * batch)))


def _tell(tick: Tick, side: Side, before: int, now: int, of: int) -> None:
    tick(side.path, before + now, side.at_most)


def _only_decode(side: Side, keep: Keep | None) -> None:
    if keep:
        for part in side.parts(_part(side, batch=1)):
            keep(np.asarray(part))
