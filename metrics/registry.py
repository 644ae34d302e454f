"""Name -> metric. A metric is one file and one line here, an entry point of another package, or a
plugin file.
"""

import ast
import difflib
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol

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
    "diversity": "metrics.diversity:DIVERSITY",
    "nearest": "metrics.nearest:NEAREST",
    "input_change": "metrics.input_change:INPUT_CHANGE",
    "input_match": "metrics.input_match:INPUT_MATCH",
    "cycle_error": "metrics.cycle_error:CYCLE_ERROR",
    "truth_error": "metrics.truth_error:TRUTH_ERROR",
}

Better = Literal["lower", "higher", "neither"]  # neither: right is in between
Kind = Literal["distance", "quality", "variety", "copying", "translation"]
Plugins = tuple[Path, ...]


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

    @property
    def sees_features(self) -> bool:
        """Does it look at what a network saw, and not only at pictures?"""
        return "pool" in self.needs or "logits" in self.needs

    @property
    def key_without_weights(self) -> str:
        return f"random_inception_{_key(self.short)}" if self.sees_features else self.name

    @property
    def title_without_weights(self) -> str:
        return f"random-Inception {self.short}" if self.sees_features else self.title

    def called(self, extractor: NamedExtractor | None) -> tuple[str, str]:
        """(key, title) of this metric's number on `extractor`'s features.

        Only the official weights give the published name, unless no network is looked through.
        """
        if extractor is None or extractor.official or not self.sees_features:
            return self.name, self.title
        return f"{extractor.key}_{_key(self.short)}", f"{extractor.name} {self.short}"


def _key(short: str) -> str:
    return short.lower().replace(" ", "_").replace("-", "_")


def names(plugins: Plugins = ()) -> list[str]:
    """Names of all metrics: built-in first, then installed ones, then those of plugin files."""
    return list(_addresses(plugins))


def get(name: str, plugins: Plugins = ()) -> Metric:
    """The metric called `name`; InputError with the nearest name when there is none."""
    known = _addresses(plugins)
    if name in known:
        return _loaded(name, known[name])
    near = difflib.get_close_matches(name.lower(), known, n=1)
    help_ = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"there is no metric {shown(name)!r}", f"{help_}metrics: {', '.join(known)}")


def in_file(file: Path) -> dict[str, str]:
    """Name -> address of the metrics of a plugin file, read without running it.

    A metric is a value of the module that is made by calling `Metric(name="...", ...)`.
    """
    tree = _parsed(file)
    made = [
        (node.targets[0].id, _metric_name(node.value))
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    return {name: f"{file.resolve()}:{variable}" for variable, name in made if name}


def _parsed(file: Path) -> ast.Module:
    """The syntax of a plugin file, which is not run."""
    plugin = f"plugin {shown(str(file))}"
    try:
        if file.exists() and not file.is_file():  # a FIFO would make us wait
            raise OSError("it is no file")
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise InputError(f"{plugin} is not Python: line {error.lineno}: {error.msg}") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{plugin} cannot be read: {why}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # zero bytes, a thousand brackets
        raise InputError(f"{plugin} is not Python: {error or 'nested too deep'}") from None


def _metric_name(value: ast.expr) -> str:
    """The name given to `Metric(...)` when `value` is a call of it; else nothing."""
    if not isinstance(value, ast.Call):
        return ""
    called = value.func
    if (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) != "Metric":
        return ""
    given = [k.value for k in value.keywords if k.arg == "name"] + value.args[:1]
    named = given[0] if given else None
    return str(named.value) if isinstance(named, ast.Constant) else ""


def _addresses(plugins: Plugins) -> dict[str, str]:
    """All names and addresses; nothing replaces a built-in metric."""
    installed = {point.name: point.value for point in entry_points(group=GROUP)}
    files = {name: at for file in plugins for name, at in in_file(file).items()}
    more = dict(sorted(installed.items())) | files
    return BUILT_IN | {name: at for name, at in more.items() if name not in BUILT_IN}


def _loaded(name: str, address: str) -> Metric:
    module, _, attribute = address.rpartition(":")
    try:
        metric = getattr(_import(module), attribute)
    except Exception as error:  # a plugin can fail in any way at import
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"metric {name} ({address}) does not load: {reason}") from error
    if not isinstance(metric, Metric):
        raise InputError(f"metric {name} ({address}) is no metrics.registry.Metric")
    if metric.name != name:
        raise InputError(f"metric {name} ({address}) calls itself {metric.name}")
    return metric


def _import(module: str) -> ModuleType:
    if not module.endswith(".py"):
        return importlib.import_module(module)
    file = Path(module)
    spec = importlib.util.spec_from_file_location(f"ganbench_metric_{file.stem}", file)
    assert spec and spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
