"""What a run leaves behind: Record <-> record.json, and all records of a folder as one table."""

import glob
import json
import math
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ganbench.errors import InputError
from ganbench.system import files
from ganbench.system.text import shown

if TYPE_CHECKING:
    import numpy
    import pandas

KEY = re.compile("[0-9a-f]{8}")
EVIDENCE = ("nearest.json", "nearest/pictures.npy")  # files that scoring adds to a run
FORMAT = 2  # since then sealed, and with digests; 1 is read as well
StatusName = Literal[
    "waiting", "training", "done", "diverged", "collapsed", "out_of_memory", "failed",
    "interrupted", "imported",
]  # fmt: skip
# What a field may say in a stranger's record; the report, which shows it, keeps these bounds.
Name = Annotated[str, "name"]  # in one line
Sentence = Annotated[str, "sentence"]
Count = Annotated[int, "count"]  # 0 or more
Seconds = Annotated[float, "count"]
Share = Annotated[float, "share"]  # 0 to 1
Measured = Annotated[float | None, "measured"]  # 0 or more, or None
Size = Annotated[int | None, "measured"]


class OtherFormatError(InputError):
    """A record is whole, but of a version that this one does not know."""


@dataclass(frozen=True)
class Status:
    """How a run ended, and for one that did not end well at which step and why."""

    name: StatusName
    step: Count = 0
    progress: Share = 0.0  # fraction of the budget used, 0 to 1
    reason: Sentence = ""

    @property
    def used_all(self) -> bool:
        """Did the run use its whole budget, so that its last pictures are its result?"""
        if self.name == "imported":  # there was none to use
            return True
        return self.name == "done" or (self.name == "collapsed" and self.progress >= 1)


@dataclass(frozen=True)
class Extension:
    """Where a finished run was continued with a larger budget."""

    budget: Name  # that was used up until then
    step: Count
    seconds: Seconds


@dataclass(frozen=True)
class Used:
    """What a run used of its budget; seconds are of training, without warm-up and evaluation."""

    steps: Count = 0
    seconds: Seconds = 0.0
    target_pictures: Count = 0  # shown, with repetition
    source_pictures: Count = 0
    unique_targets: Count = 0  # different pictures among them
    unique_sources: Count = 0
    seconds_in_step: Seconds = 0.0  # the part of `seconds` inside Trainer.step
    wall_seconds: Seconds = 0.0  # the whole worker process, imports and evaluation included


@dataclass(frozen=True)
class Cost:
    """What a run cost the machine; None where it could not be measured."""

    pictures_per_second: Measured = None  # target pictures by training second
    peak_memory_bytes: Size = None  # device memory on a GPU, resident memory on a CPU
    memory_kind: Name = ""  # "GPU" or "process"
    parameters: Annotated[dict[str, int], "counts"] = field(default_factory=dict)  # by network
    flop_per_step: Size = None
    start_seconds: Measured = None  # worker's first line to a built model: imports, weights
    compile_seconds: Measured = None  # what the first step took beyond the step after it
    energy_joules: Measured = None  # of the training seconds, by the device's own counter
    energy_kind: Name = ""  # whose counter: "GPU" (the board) or "CPU" (all packages)


@dataclass(frozen=True)
class Moment:
    """Pictures a run made at one moment; `file` is a .npy of uint8 N H W 3 in the run's folder."""

    step: Count
    progress: Share
    seconds: Seconds
    pictures: Count  # target pictures shown so far
    file: str


Moments = Annotated[tuple[Moment, ...], "moments"]


@dataclass(frozen=True)
class Score:
    """One number under its protocol. `name` is what may be printed, for instance "FID"."""

    metric: str  # key, for instance "fid" or, with random weights, "random_inception_fd"
    name: Name
    value: Annotated[float | None, "number"]
    count: int  # generated pictures
    reference_count: int
    better: Literal["lower", "higher", "neither"]
    unit: Name
    protocol: Annotated[
        dict[str, Any], "anything"
    ]  # extractor, its sha256, resize, precision, notes
    version: int
    note: Sentence = ""
    details: Annotated[dict[str, float], "anything"] = field(default_factory=dict)
    kind: Literal["distance", "quality", "variety", "copying", "translation"] = "distance"
    error: Measured = None  # standard error over generated pictures, of one run
    about: Sentence = ""  # what the number means, in a line for people


Scores = Annotated[dict[str, Score], "scores"]  # by metric


@dataclass(frozen=True)
class CurvePoint:
    """Scores at one snapshot; all points of a curve use the same number of pictures."""

    step: int
    seconds: Seconds
    pictures: Count
    scores: dict[str, Score]


@dataclass(frozen=True)
class Record:
    """One run, believable alone."""

    key: Name
    model: Name  # registry name, "cyclegan-resnet"
    label: Name  # the model with what the user changed, "cyclegan-resnet:norm=group"
    framework: Name
    source: Literal["noise", "pictures"]
    seed: int
    suite: Name
    size: int
    budget: Name  # "60s", "10000img", "5000step"
    settings: Annotated[dict[str, Any], "value"]
    data: Annotated[
        dict[str, Any], "anything"
    ]  # see ganbench.data: per domain name, count, fingerprint, skipped ...
    environment: Annotated[dict[str, Any], "value"]
    status: Status
    used: Used = Used()
    cost: Cost = Cost()
    snapshots: Moments = ()
    film: Moments = ()  # the fixed probe through training
    views: Annotated[dict[str, str], "first"] = field(
        default_factory=dict
    )  # what it shows -> .npy in the run's folder
    scores: Scores = field(default_factory=dict)
    raw_scores: Scores = field(default_factory=dict)  # without the moving average of the weights
    curve: Annotated[tuple[CurvePoint, ...], "curve"] = ()
    evidence: dict[str, str] = field(default_factory=dict)  # name -> file in the run's folder
    first_losses: Annotated[dict[str, float], "numbers"] = field(default_factory=dict)  # of step 1
    converted_from: str = ""  # the framework that trained it, if another one
    # Of weights that were not trained here: file, sha256, format, back, back_sha256.
    imported: Annotated[dict[str, str], "value"] = field(default_factory=dict)
    extended: Annotated[tuple[Extension, ...], "extensions"] = ()  # the earliest first
    sha256: dict[str, str] = field(default_factory=dict)  # file in the run's folder -> its digest
    format: int = FORMAT


@dataclass(frozen=True)
class Baseline:
    """A row that nobody trained: the floor or the identity."""

    name: Literal["floor", "identity"]
    title: Name
    scores: Scores


@dataclass(frozen=True)
class Results:
    """Everything a report is made of."""

    folder: Path  # the results folder
    suite: dict[str, Any]  # suite.json: name, command, budget, size, seeds, models, data, warnings
    baselines: tuple[Baseline, ...]
    runs: tuple[tuple[Path, Record], ...]  # folder of the run, its record
    unreadable: tuple[str, ...] = ()  # one sentence for each record that could not be read


for _kind in (Status, Extension, Used, Cost, Moment, Score, CurvePoint, Record, Baseline):
    setattr(_kind, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010

_record = TypeAdapter(Record)
_baselines = TypeAdapter(tuple[Baseline, ...])


def write(folder: Path, record: Record) -> None:
    """Write `record` to `folder`/record.json."""
    value = asdict(replace(record, format=FORMAT))
    value["files"] = value.pop("sha256")  # in the file that name is the seal's
    files.write_sealed(folder / "record.json", value)


def read(folder: Path) -> Record:
    """Read `folder`/record.json; one sentence when it is cut, damaged or of another format."""
    path = folder / "record.json"
    value = files.read_sealed(path, old=True)
    if value.get("format", 1) not in (1, FORMAT):
        said = shown(str(value["format"])[:20])
        raise OtherFormatError(f"{path} has format {said}; this ganbench reads {FORMAT}")
    if "files" in value:
        value["sha256"] = value.pop("files")
    return validated(value, str(path))


def validated(value: Any, where: str) -> Record:
    """A record from `value`, JSON of a stranger's; InputError, which names `where`, if it is none.

    It has the bounds of its types; those of its texts and numbers are the report's `sanitize`.
    """
    try:
        found = _record.validate_python(value)
    except ValidationError as error:
        raise InputError(f"{where} is not a ganbench record: {_first(error)}") from None
    if not KEY.fullmatch(found.key):  # names of folders are made of it
        raise InputError(f"{where} is not a ganbench record: its key is not 8 hexadecimal digits")
    return found


def file(folder: Path, run: Record, name: str) -> Path:
    """The path of a file that `run`, whose folder is `folder`, names.

    InputError when it lies elsewhere, is missing, or has other bytes than the run wrote. A record
    of format 1 knows no digests.
    """
    path = files.inside(folder, name)
    try:
        whole = not run.sha256 or files.sha256(path) == run.sha256.get(name)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from None
    if not whole:
        raise InputError(f"{path} is damaged: its content is not what the run wrote")
    return path


def array(folder: Path, run: Record, name: str) -> "numpy.ndarray":
    """Map the .npy file `name` of a run into memory (uint8 N H W 3); InputError as `file`."""
    return files.read_array(file(folder, run, name))


def write_baselines(folder: Path, baselines: tuple[Baseline, ...], judged_by: str = "") -> None:
    """Write the floor and identity rows of a suite, and by what they were judged."""
    rows = [asdict(row) for row in baselines]
    content = {"format": FORMAT, "baselines": rows, "judged_by": judged_by}
    files.write_sealed(folder / "baselines.json", content)


def baselines_judged_by(folder: Path) -> str:
    """What the rows of a suite say of that; nothing where there are none that are sound."""
    try:
        return str(files.read_sealed(folder / "baselines.json").get("judged_by", ""))
    except InputError:
        return ""


def read_baselines(folder: Path) -> tuple[Baseline, ...]:
    """Read the floor and identity rows of a suite; none when it was never scored."""
    path = folder / "baselines.json"
    if not path.exists():
        return ()
    value = files.read_json(path)
    if not isinstance(value, list):  # of format 1
        value = files.read_sealed(path).get("baselines")
    return validated_baselines(value, str(path))


def validated_baselines(value: Any, where: str) -> tuple[Baseline, ...]:
    """Untrained rows from `value`, JSON of a stranger's; InputError as of `validated`."""
    try:
        return _baselines.validate_json(json.dumps(value))
    except ValidationError as error:
        raise InputError(f"{where} is damaged: {_first(error)}") from None


def write_suite(folder: Path, description: dict[str, Any]) -> None:
    """Write what a suite is to `folder`/suite.json."""
    files.write_sealed(folder / "suite.json", description | {"format": FORMAT})


def read_suite(folder: Path) -> dict[str, Any]:
    """Read `folder`/suite.json; InputError when it is damaged or does not name its runs."""
    path = folder / "suite.json"
    value = files.read_sealed(path, old=True)
    runs = value.get("runs")
    if not isinstance(runs, list) or not all(isinstance(name, str) for name in runs):
        raise InputError(f"{path} is no description of a suite: it does not name its runs")
    return value


def _first(error: ValidationError) -> str:
    detail = error.errors()[0]
    place = shown(".".join(map(str, detail["loc"])))
    return f"{place or 'content'}: {detail['msg']}"


def find_suite(results: Path, suite: str | None = None) -> Path:
    """The folder of a suite below `results`, the newest when none is named; InputError for none."""
    there = sorted(results.glob("*/suite.json"), key=lambda path: path.stat().st_mtime)
    suites = [path for path in there if suite in (None, path.parent.name)]
    if not suites:
        for lost in sorted(results.glob(f"{glob.escape(suite or '') or '*'}/*/record.json"))[:1]:
            raise InputError(
                f"{lost.parents[1]} has runs, but its suite.json is not there",
                "the ganbench run command that made them writes it again",
            )
        if there:
            names = shown(", ".join(sorted(path.parent.name for path in there)))
            raise InputError(
                f"there is no suite {shown(str(suite))} in {results}", f"there are: {names}"
            )
        holders = [up for up in list(results.resolve().parents)[:2] if any(up.glob("*/suite.json"))]
        hint = f"ganbench report {quote(str(holders[0]))}" if holders else "ganbench run"
        raise InputError(f"no benchmark results in {results}", hint)
    return suites[-1].parent


def read_results(results: Path, suite: str | None = None) -> Results:
    """Read a suite's records below `results`; the newest suite when none is named.

    A damaged record is named in `unreadable` and does not hide the others. InputError where there
    is no suite.
    """
    folder = find_suite(results, suite)
    description = read_suite(folder)
    runs, unreadable = [], []
    for name in description["runs"]:
        try:
            place = files.inside(folder, name)
            if (place / "record.json").exists():
                runs.append((place, read(place)))
        except InputError as error:
            unreadable.append(str(error))
    baselines: tuple[Baseline, ...] = ()
    try:
        baselines = read_baselines(folder)
    except InputError as error:
        unreadable.append(str(error))
    return Results(results, description, baselines, tuple(runs), tuple(unreadable))


def rank(run: Record, metric: str) -> tuple[bool, float, int]:
    """A model's runs in order: those that ended well, then the best by `metric`, then by seed."""
    score = run.scores.get(metric)
    value = math.inf if score is None or score.value is None else score.value
    sign = -1 if score and score.better == "higher" and value < math.inf else 1
    return run.status.name not in ("done", "imported"), sign * value, run.seed


def table(results: Results) -> "pandas.DataFrame":
    """One row a run: identity columns, status, use and cost, one column a metric."""
    import pandas

    rows = []
    for _, record in results.runs:
        row: dict[str, Any] = {
            "label": record.label,
            "model": record.model,
            "framework": record.framework,
            "seed": record.seed,
            "status": record.status.name,
            "reason": record.status.reason,
            "progress": record.status.progress,
            "seconds": record.used.seconds,
            "pictures": record.used.target_pictures,
            "pictures_per_second": record.cost.pictures_per_second,
            "peak_memory_bytes": record.cost.peak_memory_bytes,
            "parameters": sum(record.cost.parameters.values()) or None,
        }
        row |= {key: score.value for key, score in record.scores.items()}
        rows.append(row)
    return pandas.DataFrame(rows)
