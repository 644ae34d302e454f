"""Name -> metric. A metric is one file and one line here, or one entry point of another package."""

import difflib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, Protocol

from metrics.errors import InputError
from metrics.features import Features

GROUP = "ganbench.metrics"  # entry-point group of installed plugins

BUILT_IN = {
    "fid": "metrics.fid:FID",
    "mifid": "metrics.mifid:MIFID",
}


@dataclass(frozen=True)
class Measurement:
    """A number, what it was made of, and what must be said beside it."""

    value: float
    details: dict[str, float] = field(default_factory=dict)
    note: str = ""


class NamedExtractor(Protocol):
    """What a metric must know of an extractor to call its number by the right name."""

    @property
    def official(self) -> bool: ...
    @property
    def name(self) -> str: ...  # "random-Inception", for people
    @property
    def key(self) -> str: ...  # "random_inception", for records


@dataclass(frozen=True)
class Metric:
    """What a metric is. Tables and plots read this instead of asking for a name."""

    name: str  # registry name and, with the official weights, key in a record: "fid"
    title: str  # the published name, for the official weights only: "FID"
    short: str  # what the same formula is called on other features: "FD"
    needs: tuple[str, ...]  # fields of Features that must be there
    better: Literal["lower", "higher"]
    unit: str
    protocol: Mapping[str, Any]  # what the metric fixes, beside the extractor's protocol
    version: int  # raised when the same pictures give another number
    measure: Callable[[Features, Features], Measurement]  # generated, real
    official_only: bool = False  # has it a constant that was chosen for the official features?

    @property
    def key_without_weights(self) -> str:
        return f"random_inception_{self.short.lower()}"

    @property
    def title_without_weights(self) -> str:
        return f"random-Inception {self.short}"

    def called(self, extractor: NamedExtractor) -> tuple[str, str]:
        """(key, title) of this metric's number on `extractor`'s features.

        Only the official weights give the published name.
        """
        if extractor.official:
            return self.name, self.title
        return f"{extractor.key}_{self.short.lower()}", f"{extractor.name} {self.short}"


def names() -> list[str]:
    """Names of all metrics, built-in first, then installed plugins."""
    return [*BUILT_IN, *sorted(set(_plugins()) - set(BUILT_IN))]


def get(name: str) -> Metric:
    """The metric called `name`; InputError with the nearest name when there is none."""
    if name in BUILT_IN:
        return _loaded(EntryPoint(name, BUILT_IN[name], GROUP))
    plugins = _plugins()
    if name in plugins:
        return _loaded(plugins[name])
    near = difflib.get_close_matches(name.lower(), names(), n=1)
    help_ = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"there is no metric {name!r}", f"{help_}metrics: {', '.join(names())}")


def _plugins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _loaded(point: EntryPoint) -> Metric:
    module, _, attribute = point.value.partition(":")
    try:
        metric = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # a plugin can fail in any way at import
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"metric {point.name} ({point.value}) does not load: {reason}") from error
    if not isinstance(metric, Metric):
        raise InputError(f"metric {point.name} ({point.value}) is no metrics.registry.Metric")
    return metric
