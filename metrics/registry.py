"""Name -> metric.

A metric is one file and one line here, an entry point of another package, or a plugin file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Protocol, get_args

from metrics.addresses import Addresses
from metrics.errors import InputError, shown
from metrics.sample import Sample

GROUP = "ganbench.metrics"  # entry-point group of installed plugins

# Name -> address. The order is that of tables.
BUILT_IN = {
    "fid": "metrics.fid:FID",
    "kid": "metrics.kid:KID",
    "mifid": "metrics.mifid:MIFID",
    "fwd": "metrics.fwd:FWD",
    "fid_infinity": "metrics.fid_infinity:FID_INFINITY",
    "is": "metrics.inception_score:INCEPTION_SCORE",
    "precision": "metrics.precision_recall:PRECISION",
    "recall": "metrics.precision_recall:RECALL",
    "density": "metrics.density_coverage:DENSITY",
    "coverage": "metrics.density_coverage:COVERAGE",
    "mesh": "metrics.mesh:MESH",
    "diversity": "metrics.diversity:DIVERSITY",
    "nearest": "metrics.nearest:NEAREST",
    "memorization_distance": "metrics.memorization_distance:MEMORIZATION_DISTANCE",
    "input_change": "metrics.input_change:INPUT_CHANGE",
    "input_match": "metrics.input_match:INPUT_MATCH",
    "cycle_error": "metrics.cycle_error:CYCLE_ERROR",
    "truth_error": "metrics.truth_error:TRUTH_ERROR",
}

Better = Literal["lower", "higher", "neither"]  # neither: right is in between
Kind = Literal["distance", "quality", "variety", "copying", "translation"]


@dataclass(frozen=True)
class Measurement:
    """A number, what it was made of, and what must be said beside it.

    error: standard error of `value` over other draws of generated pictures, None where unknown.
    """

    value: float
    details: dict[str, float] = field(default_factory=dict)
    note: str = ""
    error: float | None = None


class NamedExtractor(Protocol):
    """What a metric must know of an extractor to call its number by the right name."""

    @property
    def official(self) -> bool:
        """Are its weights those that the published names stand for?"""

    @property
    def name(self) -> str:
        """For people: "random-Inception"."""

    @property
    def key(self) -> str:
        """For records: "random_inception"."""


@dataclass(frozen=True)
class Metric:
    """What a metric is. Tables and plots read this instead of asking for a name."""

    name: str  # registry name and, with the official weights, key in a record: "fid"
    title: str  # the published name, for the official weights only: "FID"
    short: str  # what the same formula is called on other features: "FD"
    needs: tuple[str, ...]  # fields of Sample that the generated side must have
    better: Better
    unit: str
    protocol: Mapping[str, Any]  # what the metric fixes, beside the extractor's protocol
    version: int  # raised when the same pictures give another number
    measure: Callable[[Sample, Sample], Measurement]  # generated, real
    official_only: bool = False  # has it a constant that was chosen for the official features?
    kind: Kind = "distance"  # what question it answers, and so where a report shows it
    about: str = ""  # what it means, in a line for people
    jackknife: bool = True  # may its sampling error be had by leaving pictures out?
    error: Callable[[Sample, Sample], float | None] | None = None  # a quicker way to that error
    from_moments: bool = False  # is of the real side a mean and covariance of features enough?

    def __post_init__(self) -> None:
        """InputError for a direction, a question or a need that there is not."""
        for what, given, known in (
            ("better", (self.better,), get_args(Better)),
            ("kind", (self.kind,), get_args(Kind)),
            ("needs", self.needs, [part.name for part in fields(Sample)]),
        ):
            if wrong := [one for one in given if one not in known]:
                raise InputError(
                    f"metric {shown(self.name)}: {what} cannot be {shown(str(wrong[0]))!r}",
                    f"{what}: {', '.join(known)}",
                )

    @property
    def sees_features(self) -> bool:
        """Does it look at what a network saw, and not only at pictures?"""
        return "pool" in self.needs or "logits" in self.needs

    def called(self, extractor: NamedExtractor | None) -> tuple[str, str]:
        """(key, title) of this metric's number on `extractor`'s features.

        Only Inception's official weights give the published name, unless no network looks.
        """
        if extractor is None or extractor.official or not self.sees_features:
            return self.name, self.title
        return self.key_on(extractor.key), f"{extractor.name} {self.short}"

    def key_on(self, extractor: str) -> str:
        """Key of this metric's number on the features of an extractor that has this key."""
        short = self.short.lower().replace(" ", "_").replace("-", "_")
        return f"{extractor}_{short}" if self.sees_features else self.name


_metrics = Addresses("metric", Metric, GROUP, BUILT_IN)
names, get, in_file = _metrics.names, _metrics.get, _metrics.in_file
