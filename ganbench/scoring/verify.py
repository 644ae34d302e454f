"""`ganbench score --check RUN`: a record's numbers made again from its stored samples."""

import math
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from ganbench import plugins as plugin_files
from ganbench import record
from ganbench.data.split import Split
from ganbench.data.store import Domain, open_domain
from ganbench.errors import InputError
from ganbench.scoring import suite_scorer
from ganbench.scoring.compare_sets import Settings, Tick, extractors_of
from ganbench.scoring.output import columns, how
from ganbench.system import cache, files
from metrics import scoring
from metrics.extractors import registry
from metrics.registry import Metric

TOLERANCE = 1e-6  # relative, on the machine that made the record
UNKNOWN = "no metric here makes it (--plugin FILE?)"
NEAR_ZERO = 1e-9  # below, a relative difference says nothing


@dataclass(frozen=True)
class Line:
    """One score: as it is stored, and made again. `why`: it could not be made again."""

    title: str
    stored: float | None
    again: float | None = None
    why: str = ""

    @property
    def agrees(self) -> bool:
        if self.stored is None or self.again is None:
            return self.stored is self.again
        return math.isclose(self.stored, self.again, rel_tol=TOLERANCE, abs_tol=NEAR_ZERO)


@dataclass(frozen=True)
class Check:
    """What came out."""

    run: record.Record
    protocols: tuple[dict[str, Any], ...]  # of the extractors
    lines: tuple[Line, ...]

    @property
    def compared(self) -> list[Line]:
        """Those that could be made again."""
        return [line for line in self.lines if not line.why]

    @property
    def differing(self) -> int:
        return sum(not line.agrees for line in self.compared)

    @property
    def agrees(self) -> bool:
        """Does every number agree that could be made again, and the first, which decides, too?"""
        return not self.lines[0].why and not self.differing


@dataclass(frozen=True)
class Reference:
    """What the run was held against, as it is in the cache now."""

    source: Domain | None  # None: there was one set
    target: Domain
    device: str | None  # that the run asked for
    split: Split  # which of their pictures judged it


def make_again(folder: Path, settings: Settings, tick: Tick) -> Check:
    """Make the final scores in `folder`/record.json again, under the protocol they state.

    InputError when the reference, the weights or the samples are no longer to be had.
    """
    run = record.read(folder)
    if not run.scores:
        raise InputError(f"the run {folder} has no scores to check ({run.status.name})")
    reference = reference_of(folder, run)
    extractors = _extractors(run, reference.device, settings, tick) or [None]
    found: dict[str, Line] = {}
    for extractor in extractors:
        found |= _lines(run, folder, extractor, reference, settings, tick, known=set(found))
    lines = tuple(found.get(key) or Line(s.name, s.value, None, UNKNOWN)
                  for key, s in run.scores.items())  # fmt: skip
    return Check(run, tuple(e.protocol() for e in extractors if e), lines)


def _lines(
    run: record.Record,
    folder: Path,
    extractor: Any,
    reference: Reference,
    settings: Settings,
    tick: Tick,
    known: set[str],
) -> dict[str, Line]:
    """The scores that an extractor makes, but for those that are `known`, made again."""
    metrics = _known(extractor, settings.plugins)
    mine = {key: s for key, s in run.scores.items() if key in metrics and key not in known}
    reasons = {key: _why_not(score, metrics[key], extractor) for key, score in mine.items()}
    possible = [metrics[key] for key, why in reasons.items() if not why]
    again = _again(possible, extractor, reference, tick, run, folder) if possible else {}
    return {
        key: Line(score.name, score.value, again[key].value if key in again else None, reasons[key])
        for key, score in mine.items()
    }


def reference_of(folder: Path, run: record.Record) -> Reference:
    """The domains that run.json names; InputError when they are not those of the record."""
    told = files.read_json(folder / "run.json")
    try:
        names = {side: told[f"{side}_folder"] for side in ("source", "target")}
        device, asked = told.get("device"), told.get("run", {})
        split = Split(float(asked.get("held_out", 0.0)), str(asked.get("judge_on", "all")))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InputError(f"{folder / 'run.json'} is damaged") from None
    one = names["source"] is None and run.source == "noise"
    source = None if one else _domain(folder, run, "source", names["source"])
    return Reference(source, _domain(folder, run, "target", names["target"]), device, split)


def _domain(folder: Path, run: record.Record, side: str, name: Any) -> Domain:
    try:
        # it may be a stranger's, or of another system: nothing outside our cache is opened
        last = PureWindowsPath(name).name
    except TypeError:
        raise InputError(f"{folder / 'run.json'} is damaged") from None
    try:
        domain = open_domain(files.inside(cache.folder("data"), last))
    except InputError:
        raise InputError(
            f"the {side} pictures of {folder} are no longer in the cache",
            "the suite's own ganbench run command prepares them again",
        ) from None
    stated = run.data.get(side)
    if not isinstance(stated, dict):
        raise InputError(f"the record of {folder} does not say what its {side} pictures were")
    if domain.fingerprint != stated.get("fingerprint"):
        raise InputError(f"the {side} pictures in the cache are not those of {folder}")
    return domain


def _extractors(
    run: record.Record, device: str | None, settings: Settings, tick: Tick
) -> list[Any]:
    """The extractors that the scores name, in their order."""
    stated = {
        s.protocol["sha256"]: s.protocol for s in run.scores.values() if "sha256" in s.protocol
    }
    return [_extractor(protocol, device, settings, tick) for protocol in stated.values()]


def _extractor(stated: dict[str, Any], device: str | None, settings: Settings, tick: Tick) -> Any:
    """The extractor of a protocol; InputError when its weights are not to be had."""
    (extractor,), _ = extractors_of(
        Settings(
            protocol="clean" if "clean" in str(stated.get("resize")) else "tf",
            precision=str(stated.get("precision", "fp32")),
            engine=str(stated.get("engine", "torch")),
            extractors=(_name(str(stated.get("extractor", "")), settings.plugins),),
            device=settings.device or device,
            inception_weights=settings.inception_weights,
            plugins=settings.plugins,
        ),
        tick,
    )
    here = extractor.protocol()["sha256"]
    if here != stated["sha256"]:
        raise InputError(
            f"the record was made with weights {stated['sha256'][:8]}, here are {here[:8]}",
            "name the record's weights with --inception-weights FILE",
        )
    return extractor


def _name(title: str, plugins: tuple[Path, ...]) -> str:
    """Registry name of what a protocol calls `title`; weights of no release are Inception's."""
    if title.startswith("Inception ("):
        return "inception"
    for name in registry.names(plugins):  # the built-in ones first: a torn plugin does no harm
        if title.startswith(registry.get(name, plugins).title):
            return name
    raise InputError(f"no extractor here is called {title}", "--plugin FILE brings one")


def _known(extractor: Any, plugins: tuple[Path, ...]) -> dict[str, Metric]:
    """Every metric there is, by the key that its number has in a record."""
    return {metric.called(extractor)[0]: metric for metric in plugin_files.metrics(plugins)}


def _why_not(score: record.Score, metric: Metric, extractor: Any) -> str:
    if metric.version != score.version:
        return f"version {score.version} of the metric is stored, {metric.version} is here"
    if extractor is None and metric.sees_features:
        return "the record does not say what network looked at the pictures"
    now = scoring.protocol(metric, extractor)
    different = [
        name for name in {**now, **score.protocol} if now.get(name) != score.protocol.get(name)
    ]
    if different:
        return f"made under another protocol ({', '.join(different)})"
    return ""


def _again(
    metrics: list[Metric],
    extractor: Any,
    reference: Reference,
    tick: Tick,
    run: record.Record,
    folder: Path,
) -> dict[str, record.Score]:
    count = max(score.count for score in run.scores.values())

    def tell(kind: str, **content: Any) -> None:
        if kind == "progress":
            tick(content["what"], content["done"], content["of"])

    domains = reference.source, reference.target
    device = extractor.device if extractor else "cpu"
    scorer = suite_scorer.Scorer(
        metrics, extractor, domains, (count, 0), tell, device, reference.split
    )
    made = scorer.of_run(run, folder, run.snapshots[-1], count)
    return scorer.final_scores(made, run, folder)


def table(found: Check) -> str:
    """A line a score, and the conclusion."""
    rows = [("score", "stored", "again", "difference", ""), *map(_cells, found.lines)]
    lines = columns(rows, "<>>><")
    if found.protocols:
        lines += ["", *map(how, found.protocols)]
    lines.append(f" {found.run.label} seed {found.run.seed}: {_conclusion(found)}")
    return "\n".join(lines)


def _conclusion(found: Check) -> str:
    compared = f"{len(found.compared)} of {len(found.lines)} scores compared"
    tolerance = f"to {TOLERANCE:g} of the value, on the same machine"
    if found.differing:
        return f"does not agree: {found.differing} differ, {compared} ({tolerance})"
    if not found.agrees:
        return f"not confirmed: {found.lines[0].title}, which decides, was not compared; {compared}"
    return f"agrees, {compared} ({tolerance})"


def _cells(line: Line) -> tuple[str, str, str, str, str]:
    if line.why:
        return line.title, _number(line.stored), "-", "", f"not compared: {line.why}"
    difference = ""
    if line.stored is not None and line.again is not None:
        difference = f"{line.again - line.stored:.1e}"
    word = "agrees" if line.agrees else "differs"
    return line.title, _number(line.stored), _number(line.again), difference, word


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.8g}"
