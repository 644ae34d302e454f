"""What one process asks of another, and what is answered: JSON between, validated where it arrives.

The job of a training is kept in the run's folder as run.json.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ganbench import memory_forecast
from ganbench.memory_forecast import Need
from ganzoo import registry

# Modules that are asked, each in a process of its own.
INSPECTOR = "ganbench.planning.inspect_models"
WORKER = "ganbench.training.worker"
SCORER = "ganbench.scoring.suite_scorer"


@dataclass(frozen=True)
class Run:
    """One training: everything that decides its result, and nothing else."""

    model: str
    address: str
    framework: str
    label: str
    source: str  # "noise" or "pictures"
    settings: dict[str, Any]
    seed: int
    budget: str
    size: int
    flip: bool
    jitter: float
    data: tuple[str, str]  # fingerprints of source and target
    samples: int
    curve_samples: int
    snapshots: int
    frames: int
    device: str  # its kind: "cpu", "cuda", "mps"
    code: str  # sha256 of the model's source
    held_out: float = 0.0  # fraction that is not trained on
    judge_on: str = "all"  # of it
    # Into so many parts a batch falls for batch norm, which sees each alone: as many as ranks,
    # unless they are synchronised or there is no batch norm. All else is the same with any number
    # of ranks, so that a run may go on with another.
    norm_parts: int = 1

    @property
    def key(self) -> str:
        """Eight hexadecimal digits that change with anything that changes the result."""
        decisive = {k: v for k, v in asdict(self).items() if k not in ("address", "label")}
        if self.norm_parts == 1:  # keys are older than ranks
            del decisive["norm_parts"]
        text = json.dumps(decisive, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def folder(self) -> str:
        """Name of the run's folder in its suite's."""
        return f"{self.model}.{self.framework}-seed{self.seed}-{self.key}"


@dataclass(frozen=True)
class Counts:
    """Pictures of each domain."""

    source: int
    target: int


@dataclass(frozen=True)
class TrainJob:
    """One run, where it lies, and how it is to be carried out."""

    run: Run
    key: str
    suite: str  # its folder's name
    folder: Path
    device: str
    threads: int | None  # None: whatever is fastest
    stop_collapsed: bool
    checkpoint_seconds: float  # between two checkpoints
    message_seconds: float  # between two words of progress
    source_folder: Path | None  # of the domain in the cache; None: one set, for noise alone
    target_folder: Path
    counts: Counts
    data: dict[str, Any]  # as records and report name the pictures
    parameters: dict[str, int]  # by network
    flop_per_step: int | None
    memory: Need | None
    ranks: int = 1  # processes that train it together
    sync_batchnorm: bool = False
    eager: bool = False  # on a GPU, no step is captured
    deterministic: bool = False  # on a GPU, reproducible kernels

    def device_of(self, rank: int) -> str:
        """Where a rank trains: each on a GPU of its own, from the first on."""
        return f"cuda:{rank}" if self.ranks > 1 and self.device == "cuda" else self.device

    @property
    def ranks_told(self) -> dict[str, Any]:
        """What a record says of the ranks; nothing of a run that is alone."""
        if self.ranks == 1:
            return {}
        seen = "of each rank alone" if self.run.norm_parts > 1 else "of the whole batch, or none"
        return {"ranks": self.ranks, "batch_norm": f"statistics {seen}"}

    @property
    def batch(self) -> int:
        """Target pictures of a step."""
        return int(self.run.settings["batch"])

    @property
    def threads_are_open(self) -> bool:
        """May the worker choose? TensorFlow's number is fixed from its start."""
        on_torch = self.run.framework == "pytorch" and self.device == "cpu"
        return on_torch and self.threads is None and self.ranks == 1

    @property
    def blank_record(self) -> dict[str, Any]:
        """What a record says of the run before it has begun."""
        same = ("model", "label", "framework", "source", "seed", "size", "budget", "settings")
        known = {name: getattr(self.run, name) for name in same}
        return {"key": self.key, "suite": self.suite, "data": self.data} | known

    @property
    def memory_advice(self) -> str:
        """What to try when there is not memory enough, in one clause."""
        run = self.run
        return memory_forecast.advice(self.memory, run.label, run.model, run.size, self.batch)


@dataclass(frozen=True)
class FollowJob:
    """What a rank but the first is told."""

    job: TrainJob
    rank: int


@dataclass(frozen=True)
class ExtractorChoice:
    """An extractor by its registry name, and its weights; None: it needs no file."""

    name: str
    weights: Path | None = None


@dataclass(frozen=True)
class ScoreJob:
    """The stored samples of a suite, what they are held against, and by which metrics."""

    folder: Path  # the suite's
    runs: tuple[str, ...]  # names of folders in it
    source_folder: Path | None
    target_folder: Path
    samples: int
    curve_samples: int
    metrics: tuple[str, ...]
    extractors: tuple[ExtractorChoice, ...]  # the first leads
    protocol: str
    device: str
    plugins: tuple[Path, ...] = ()
    held_out: float = 0.0
    judge_on: str = "all"
    baselines: bool = True  # are the untrained rows judged too?


@dataclass(frozen=True)
class Scored:
    """What judging found of a suite, beside the numbers."""

    primary: str  # key of the metric that the verdict goes by
    failed: tuple[str, ...] = ()  # of metrics that raised an error, in a sentence each


@dataclass(frozen=True)
class InspectJob:
    """Models of one framework with what is changed on each; None takes the device's default."""

    framework: str
    device: str | None
    size: int | None
    profile: str | None
    models: tuple[tuple[registry.Model, dict[str, Any]], ...]
    ranks: int = 1
    sync_batchnorm: bool = False
    threads: int | None = None


@dataclass(frozen=True)
class ModelFacts:
    """What a model is; None where it cannot be known without training."""

    source: str
    settings: dict[str, Any]
    parameters: dict[str, int]  # by network
    flop_per_step: int | None
    memory: Need | None
    code: str
    changed: dict[str, Any] = field(default_factory=dict)  # settings that are not the defaults
    norm_parts: int = 1  # as of Run


@dataclass(frozen=True)
class Inspected:
    """The device that one framework would train on, and its models in the order asked for."""

    device: str
    models: tuple[ModelFacts, ...]


@dataclass(frozen=True)
class ConvertJob:
    """A checkpoint, and the model of the other framework that shall continue it."""

    model: registry.Model
    run: Path
    checkpoint: Path
    out: Path
    state: dict[str, Any]  # of the checkpoint


@dataclass(frozen=True)
class PictureDifference:
    """How far the two frameworks' pictures of the same probes lie apart, in grey levels."""

    count: int  # of pictures; 0: the run had made none to compare with
    largest: int  # of a colour value
    mean: float


@dataclass(frozen=True)
class ImportJob:
    """Files of weights that were trained elsewhere, and the run that shall be made of them."""

    model: registry.Model
    file: Path
    back: Path | None  # of the generator from paintings to photographs
    size: int | None  # None: what it was made for
    out: Path
    origin: dict[str, str]  # as the record names it
    key: str


@dataclass(frozen=True)
class Imported:
    """A run of weights that were trained elsewhere."""

    place: Path
    model: str
    framework: str
    size: int
    changed: dict[str, Any]  # settings that are not the official ones
    parameters: dict[str, int]  # by network
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TrainedModel:
    """The model of a run, the checkpoint that holds its weights, and where it shall work."""

    model: registry.Model
    settings: dict[str, Any]
    size: int
    seed: int
    checkpoint: Path
    device: str | None = None  # None: the best that is there


@dataclass(frozen=True)
class TranslateJob:
    """Photographs, and the trained model that is to paint them."""

    model: TrainedModel
    photographs: Path  # a folder, a zip, or a set of the cache
    names: tuple[tuple[str, str], ...]  # of each photograph there, and of its painting
    out: Path
    back: bool = False  # and photographs again, in a folder of their own
    reverse: bool = False  # paintings to photographs
    whole: bool = False  # draw each in one piece, cut to the model's size
    side: int | None = None  # shrink each first, until its shorter side has so many pixels


@dataclass(frozen=True)
class GenerateJob:
    """Pictures that a trained model is to make of noise."""

    model: TrainedModel
    seed: int  # of the latents
    names: tuple[str, ...]  # of the pictures; "" for those that are there already
    out: Path
    walk: bool


@dataclass(frozen=True)
class DrawJob:
    """Arrays that a trained translator is to paint, or latents that a model is to draw from."""

    model: TrainedModel
    given: tuple[Path, ...]  # .npy, each uint8 H W 3; one of float32 N Z for a model from noise
    made: tuple[Path, ...]  # where what is drawn goes, as .npy
    reverse: bool = False


@dataclass(frozen=True)
class ExportJob:
    """A trained model, and the files that shall be made of its networks."""

    trained: TrainedModel
    networks: tuple[str, ...]  # empty: all that there are
    to: str
    raw: bool  # without the moving average of the weights
    out: Path  # folder
    run: str  # its folder's name


@dataclass(frozen=True)
class Exported:
    """Files of a model's networks, and how far one reader's output is from ours."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    reader: str = ""  # what read them again
    largest: float | None = None  # difference between outputs in [-1, 1]


@dataclass(frozen=True)
class BesideJob:
    """A model that was trained elsewhere, and what it shall draw to be judged beside a suite's."""

    trained: TrainedModel
    run: Path  # where it was
    out: Path  # where its pictures go: a folder of the suite
    label: str
    key: str
    has_back: bool
    origin: dict[str, str]  # as the record names it
    source_folder: Path | None
    target_folder: Path
    samples: int
    data: dict[str, Any]  # as records and report name the pictures
    held_out: float
    judge_on: str
    device: str
