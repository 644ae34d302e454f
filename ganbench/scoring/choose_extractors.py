"""Which extractors look at a suite's pictures, which of them leads, and why."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ganbench.errors import InputError
from ganbench.jobs import ExtractorChoice
from ganbench.scoring import find_weights
from ganbench.system import digest_cache
from metrics import registry as metric_registry
from metrics.extractors import registry
from metrics.extractors.registry import ExtractorSpec

BLIND = "random-inception sees little: docs/extractors.md"
HAVE = "--inception-weights FILE, GANBENCH_WEIGHTS=FOLDER, or another --extractor NAME"
USUAL, ALWAYS_THERE = "inception", "efficientnet-lite0"

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Extractors:
    """Those that can be built, the leading one first; why it leads; why others are left out."""

    chosen: tuple[ExtractorChoice, ...]
    reason: str
    left_out: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [choice.name for choice in self.chosen]


def choose(
    names: tuple[str, ...],
    inception_weights: Path | None,
    on_progress: OnProgress,
    offline: bool = False,
    plugins: tuple[Path, ...] = (),
) -> Extractors:
    """Find the weights of `names`, or choose where none is named.

    InputError when the leading one cannot be had; any other is left out with a word.
    """
    found: list[ExtractorChoice] = []
    problems: dict[str, str] = {}
    for name in dict.fromkeys(names or (USUAL, ALWAYS_THERE)):
        option = inception_weights if name == USUAL else None
        choice, problem = _find(registry.get(name, plugins), option, on_progress, offline)
        found += [choice] if choice else []
        problems |= {name: problem} if problem else {}
        if names and not found:
            raise InputError(f"{name} cannot be had: {problem}", HAVE)
    if not found:
        raise InputError("; ".join(problems.values()), f"--extractor NAME, but {BLIND}")
    if not names and found[0].name != USUAL:
        return Extractors(tuple(found), f"it comes with ganbench; {problems[USUAL]}")
    left_out = tuple(f"{name} is left out: {problem}" for name, problem in problems.items())
    reason = "it was named first" if names else "its weights are here, and FID is measured with it"
    return Extractors(tuple(found), reason, left_out)


def _find(
    spec: ExtractorSpec, option: Path | None, on_progress: OnProgress, offline: bool
) -> tuple[ExtractorChoice | None, str]:
    """The extractor with its weights, or why it cannot be had."""
    for need in spec.needs:
        if importlib.util.find_spec(need) is None:
            return None, f"{need} is not installed: {spec.install}"
    if spec.release is None:
        return ExtractorChoice(spec.name), ""
    told = partial(on_progress, f"{spec.release.what} weights")
    found = find_weights.find(option, told, offline, spec.release)
    if found.path is None:
        return None, found.problem
    return ExtractorChoice(spec.name, found.path), ""


def looked_through(
    chosen: tuple[ExtractorChoice, ...], metrics: tuple[str, ...], plugins: tuple[Path, ...]
) -> tuple[ExtractorChoice, ...]:
    """Those that these metrics need: none where no network looks."""
    seeing = any(metric_registry.get(name, plugins).sees_features for name in metrics)
    return chosen if seeing else ()


def with_digest(name: str, sha256: str, plugins: tuple[Path, ...] = ()) -> Path | None:
    """Where this machine has just these weights of an extractor; asks no network."""
    release = registry.get(name, plugins).release
    found = find_weights.find(None, None, True, release).path if release else None
    return found if found and digest_cache.sha256(found) == sha256 else None
