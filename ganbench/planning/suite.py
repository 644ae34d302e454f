"""Flags or a TOML file -> Suite -> [Run]. A run's key is a hash of all that decides its result."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from shlex import quote
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ganbench import budget, plugins, price
from ganbench.data import load
from ganbench.data.split import JudgeOn, Split
from ganbench.errors import InputError
from ganbench.planning import toml
from ganbench.system.text import printable, shown
from ganzoo import registry
from ganzoo.errors import InputError as ModelError
from ganzoo.settings import PROFILES
from metrics import registry as metric_registry
from metrics.compare import ALL, USUAL, check_choices
from metrics.extractors import registry as extractors
from metrics.scoring import distinct

# What every suite measures; the first decides, and KID is unbiased. The last four are about
# translators.
STANDARD = (
    *dict.fromkeys(("kid", *USUAL)),
    *("input_change", "input_match", "cycle_error", "truth_error"),
)


@dataclass(frozen=True)
class Choice:
    """One model of a suite with what is changed on it."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    label: str = ""  # how tables call it; by default the name and the changes


EXAMPLES = {  # in a suite file, of what is often written otherwise
    "models": 'models = ["dcgan", "cyclegan"]',
    "seeds": "seeds = [0, 1, 2]",
    "budget": 'budget = "60s"',
    "price": 'price = "0.35/h"',
    "judge_on": 'judge_on = "test"',
    "size": "size = 64",
}


@dataclass(frozen=True)
class Suite:
    """One experiment. A field that is None takes the default of the device."""

    models: tuple[str | Choice, ...] = ("dcgan", "cyclegan")  # or a table each, see above
    name: str = ""  # folder below the results; by default the data's name
    data: str | None = None  # both domains; "scenes" is the embedded set
    source: str | None = None  # photographs alone
    target: str | None = None  # paintings alone
    swap: bool = False  # exchange the two domains
    limit: int | None = None  # pictures of each set, chosen by hash; None: all
    size: int | None = None  # pixels
    budget: str | None = None  # of each run: "60s", "2h", "10000img" or "500step"
    seeds: tuple[int, ...] = (0,)  # of weights, batches and noise; three give intervals
    frameworks: tuple[str, ...] = ("pytorch",)  # or "tensorflow", or both
    metrics: tuple[str, ...] = STANDARD  # the first decides; "all" stands for all there are
    extractors: tuple[str, ...] = ()  # the first leads; none: what there are weights for
    protocol: str = "tf"  # resize before the network: TensorFlow 1's, or "clean" as in clean-fid
    profile: str | None = None  # "small", "best" or "official" networks
    flip: bool = True  # mirror half of the pictures
    jitter: float = 0.0  # enlarge by this fraction and crop at random; 0.117 is CycleGAN's 286/256
    held_out: float = 0.0  # fraction of both sets that nobody trains on, and that judges
    judge_on: JudgeOn = "all"  # of what is held out: "validation" to choose by, "test" to tell
    samples: int | None = None  # pictures each model is judged by
    curve_samples: int | None = None  # pictures each point of a learning curve is judged by
    snapshots: int = 4  # points of the learning curve
    frames: int = 16  # of the training film
    device: str | None = None  # "cpu", "cuda", "cuda:1" or "mps"; None: a CUDA GPU, else the CPU
    threads: int | None = None  # of the CPU; None: as many as are fastest
    ranks: int | None = None  # processes that train each run together, on GPUs one each; None: one
    sync_batchnorm: bool = False  # batch norm sees the whole batch, not each rank's part of it
    eager: bool = False  # on a GPU, launch every kernel of a step, and do not replay a graph of it
    deterministic: bool = False  # on a GPU, reproducible kernels, as far as there are any
    stop_collapsed: bool = False  # end a run that draws one picture for every input
    price: str | None = None  # of an hour of this machine: "0.35/h"; the page has what runs cost
    beside: tuple[str, ...] = ()  # trained runs, imported ones too, that are judged as well
    plugins: tuple[str, ...] = ()  # files with models, metrics or extractors

    @property
    def split(self) -> Split:
        """What is trained on, and what judges."""
        return Split(self.held_out, self.judge_on)


setattr(Suite, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010
setattr(Choice, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010

LISTS = {"seeds", "frameworks", "metrics", "extractors"}  # with commas between, when they are typed
LONGEST_NAME = 100  # bytes, as names of runs are added to it
BOUNDS = {  # what a run can use
    "limit": (2, 10_000_000),
    "samples": (2, 10_000_000),
    "curve_samples": (2, 10_000_000),
    "snapshots": (1, 10_000),
    "frames": (2, 10_000),
    "threads": (1, 4096),
    "ranks": (1, 1024),
}

# By kind of device: what a laptop does in minutes, and what a GPU is for.
DEVICE_DEFAULTS: dict[str, dict[str, Any]] = {
    "cpu": {
        "size": 64,
        "budget": "40s",
        "profile": "small",
        "samples": 120,
        "curve_samples": 30,
    },
    "cuda": {
        "size": 256,
        "budget": "1h",
        "profile": "official",
        "samples": 300,
        "curve_samples": 300,
    },
}


def read_suite(file: Path) -> Suite:
    """Read a suite file; an unknown or ill-typed entry is named with what there is."""
    if file.is_dir() or file.suffix.lower() == ".zip":
        raise InputError(f"{file} is no suite file", f"for pictures: --data {quote(str(file))}")
    if not file.exists():
        raise InputError(f"there is no suite file {shown(str(file))}", _meant(str(file)))
    values = toml.read(file, "suite")
    return from_values({"name": file.stem, **values}, str(file))


def _meant(word: str) -> str:
    """What to type where a word that stands alone is no suite file."""
    if "=" in word:
        return "settings follow their model: --models dcgan:width=8"
    names = {model.name for model in registry.BUILT_IN}
    if word in names | {name.partition("-")[0] for name in names}:
        return f"--models {word}"
    return "models are named by --models, pictures by --data"


def from_values(values: dict[str, Any], where: str) -> Suite:
    """Make a Suite from plain values; `where` names their origin in an error."""
    where = shown(where)
    for key, value in values.items():
        if problem := toml.problem(value):
            raise InputError(f"{where}: {shown(key)}: {problem}")
    try:
        return TypeAdapter(Suite).validate_python(values)
    except ValidationError as error:
        raise InputError(*_wrong(where, error.errors(), values)) from None


def _wrong(where: str, errors: Sequence[Any], values: dict[str, Any]) -> tuple[str, str]:
    """What is wrong in a suite and what to type instead; of a model's table, what in it is."""
    detail = errors[0]
    key, place, hint = str(detail["loc"][0]), "", ""
    if key == "models" and isinstance(values[key], list | tuple):
        of_tables = [e for e in errors if Choice.__name__ in e["loc"]]
        tables = [e for e in of_tables if isinstance(values[key][e["loc"][1]], dict)]
        detail = tables[0] if tables else detail
        within = [str(part) for part in detail["loc"][2:] if part not in (Choice.__name__, "str")]
        place = ": ".join([f" {int(detail['loc'][1]) + 1}", *within])
        hint = f"[[models]] has: {', '.join(f.name for f in fields(Choice))}"
    hint = hint or EXAMPLES.get(key) or f"there are: {', '.join(f.name for f in fields(Suite))}"
    said = detail["msg"].replace("a valid tuple", "a list")
    return f"{where}: {shown(key)}{shown(place)}: {said}", hint


def overlay(suite: Suite, options: dict[str, Any], where: str = "command line") -> Suite:
    """Lay what was typed over the suite; what is None, () or no field of it says nothing.

    `where` it was typed is named in an error. In one text or, from Python, as a list.
    """
    names = {f.name for f in fields(Suite)}
    values = {k: v for k, v in options.items() if k in names and v not in (None, ())}
    if isinstance(values.get("models"), str):
        values["models"] = split_models(values["models"])
    for name in LISTS & values.keys():
        if isinstance(values[name], str):
            values[name] = tuple(part.strip() for part in values[name].split(",") if part.strip())
    for name in {"plugins", "beside"} & values.keys():
        values[name] = tuple(map(str, values[name]))
    if {"source", "target"} & values.keys():
        values.setdefault("data", None)
    elif "data" in values:
        suite = replace(suite, source=None, target=None)
    checked = from_values(values, where)
    return replace(suite, **{name: getattr(checked, name) for name in values})


def with_device_defaults(suite: Suite, device: str) -> Suite:
    """Fill what the user left open with what suits the device."""
    kind = "cuda" if device.startswith("cuda") else "cpu"
    open_fields = {k: v for k, v in DEVICE_DEFAULTS[kind].items() if getattr(suite, k) is None}
    return replace(suite, device=device, **open_fields)


def with_metrics_named(suite: Suite) -> Suite:
    """Spell out "all": the standard metrics, of which the first decides, and then the others."""
    if ALL not in suite.metrics:
        return suite
    named = [name for name in suite.metrics if name != ALL]
    there = metric_registry.names(plugins.with_metrics(suite.plugins))
    return replace(suite, metrics=tuple(dict.fromkeys([*named, *STANDARD, *there])))


def check(suite: Suite) -> None:
    """Refuse what no run can use, before anything is started."""
    budget.parse(suite.budget or "1s")
    price.parse(suite.price or "0/h")
    for name, example in (("models", "dcgan"), ("frameworks", "pytorch"), ("metrics", "fid")):
        if not getattr(suite, name):
            raise InputError(f"no {name} are named", f"--{name} {example}")
    _check_words(suite)
    _check_metrics(suite)
    _check_split(suite)
    for name in suite.extractors:
        extractors.get(name, tuple(map(Path, suite.plugins)))
    if suite.size is not None and not 16 <= suite.size <= 1024:
        raise InputError(f"size {suite.size} is not between 16 and 1024 px", "--size 64")
    if not suite.seeds or any(not 0 <= seed < 2**32 for seed in suite.seeds):
        raise InputError("seeds are whole numbers from 0 on, below 2^32", "--seeds 0,1,2")
    if len(set(suite.seeds)) < len(suite.seeds):
        raise InputError("a seed is named twice", "--seeds 0,1,2")
    if not 0 <= suite.jitter <= 1:
        raise InputError(f"jitter {suite.jitter} is not between 0 and 1", "--jitter 0.117")
    for name, (least, most) in BOUNDS.items():
        value = getattr(suite, name)
        if value is not None and not least <= value <= most:
            word = f"at least {least:,}" if value < least else f"at most {most:,}"
            raise InputError(f"{name} must be {word}, not {value:,}")
    _check_ranks(suite)


def require_one_rank(suite: Suite) -> None:
    """InputError where runs are to go to other machines, and each to be of several processes."""
    if (suite.ranks or 1) > 1:
        raise InputError(
            f"{suite.ranks} ranks train a run on one machine, and --on sends runs to others",
            "leave --ranks or --on out",
        )


def require_same_precision(suite: Suite) -> None:
    """InputError where commands that plan by themselves could come to different precisions."""
    open_ones = [c for c in choices(suite.models) if c.settings.get("precision") == "auto"]
    if open_ones:
        name = shown(open_ones[0].name)
        raise InputError(
            "precision=auto is found out on each machine, and shards could find otherwise",
            f"--models {name}:precision=bf16, or fp32",
        )


def _check_ranks(suite: Suite) -> None:
    """Refuse ranks where there is nobody who could be one."""
    alone = [name for name in suite.frameworks if name != "pytorch"]
    if (suite.ranks or 1) > 1 and alone:
        raise InputError(
            f"several ranks train PyTorch's models only, and {shown(alone[0])} is asked for",
            "--frameworks pytorch, or leave --ranks out",
        )


def _check_metrics(suite: Suite) -> None:
    """Look every metric up; the first one decides, so it must know which way is better."""
    files = plugins.with_metrics(suite.plugins)
    found = distinct([metric_registry.get(name, files) for name in suite.metrics])
    if found[0].better == "neither":
        raise InputError(
            f"the first metric decides, but neither end of {found[0].name} is better",
            f"--metrics fid,{','.join(suite.metrics)}",
        )


def _check_split(suite: Suite) -> None:
    """Refuse to hold all out, and to judge by a part of nothing."""
    if not 0 <= suite.held_out < 1:
        raise InputError(f"held_out {suite.held_out} is no fraction below 1", "--held-out 0.3")
    if suite.judge_on != "all" and not suite.held_out:
        raise InputError(
            f"judge_on {suite.judge_on} is a part of what is held out, and nothing is",
            f"--held-out 0.3 --judge-on {suite.judge_on}",
        )


def _check_words(suite: Suite) -> None:
    """Refuse names and choices that are none."""
    if slug(suite.name) != suite.name or len(suite.name.encode()) > LONGEST_NAME:
        usable = slug(suite.name.encode()[:LONGEST_NAME].decode("utf-8", "ignore"))
        raise InputError(f'"{shown(suite.name)}" cannot name a folder', f"--name {usable}")
    if suite.profile and suite.profile not in PROFILES:
        asked = shown(suite.profile)
        raise InputError(f'there is no profile "{asked}"', f"--profile {' or '.join(PROFILES)}")
    check_choices(protocol=suite.protocol)
    for choice in choices(suite.models):
        if printable(choice.label) != choice.label:  # it stands in tables, on pages and screens
            raise InputError(f'the label "{shown(choice.label)}" cannot be printed')


def slug(text: str) -> str:
    """A folder's name made of `text`."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in text).strip("-.")


def choices(models: tuple[str | Choice, ...]) -> tuple[Choice, ...]:
    """Read `cyclegan-resnet:norm=group,blocks=6` into names and changed settings."""
    return tuple(_choice(item) if isinstance(item, str) else item for item in models)


def _choice(text: str) -> Choice:
    name, _, changes = text.partition(":")
    settings = {}
    for change in filter(None, changes.split(",")):
        key, equals, value = change.partition("=")
        if not equals:
            raise InputError(
                f'"{shown(change)}" in "{shown(text)}" is no setting',
                f"--models {shown(name)}:norm=group",
            )
        if key.strip() in settings:
            raise InputError(f'"{shown(text)}" sets {shown(key.strip())} twice', "leave one out")
        settings[key.strip()] = value.strip()
    return Choice(name.strip(), settings, text if settings else "")


def split_models(text: str) -> tuple[str, ...]:
    """Split `dcgan,cyclegan-resnet:norm=group,blocks=6` at the commas that part models."""
    items: list[str] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        if "=" in part and ":" not in part and items and ":" in items[-1]:
            items[-1] += f",{part}"
        else:
            items.append(part)
    if not items:
        raise InputError("no model is named", "--models dcgan,cyclegan")
    return tuple(items)


def selected(suite: Suite) -> list[tuple[registry.Model, Choice]]:
    """Cross the suite's choices with its frameworks; every name is looked up.

    Of several frameworks a model, a plugin say, need only come in one.
    """
    files = plugins.with_models(suite.plugins)
    found = [
        (model, replace(choice, label=choice.label or model.name))
        for choice in choices(suite.models)
        for model in _in_frameworks(choice.name, files, suite.frameworks)
    ]
    return [(m, _own_label(m, c)) for m, c in found]


def _in_frameworks(
    name: str, files: tuple[Path, ...], frameworks: tuple[str, ...]
) -> list[registry.Model]:
    found: list[registry.Model] = []
    for place, framework in enumerate(frameworks, 1):
        try:
            found += registry.select(name, files, framework)
        except ModelError:
            if framework not in registry.FRAMEWORKS or (place == len(frameworks) and not found):
                raise
    return found


def _own_label(model: registry.Model, choice: Choice) -> Choice:
    """A label that began with a family's name becomes each member's own."""
    if choice.label.startswith(f"{choice.name}:"):
        return replace(choice, label=model.name + choice.label[len(choice.name) :])
    return choice


def anchored(suite: Suite) -> Suite:
    """The suite with whole paths, so that its file means the same in any folder."""

    def whole(path: str | None) -> str | None:
        there = path and path != load.EMBEDDED and Path(path).exists()
        return str(Path(str(path)).absolute()) if there else path

    changed: dict[str, Any] = {n: whole(getattr(suite, n)) for n in ("data", "source", "target")}
    changed |= {n: tuple(map(whole, getattr(suite, n))) for n in ("plugins", "beside")}
    return replace(suite, **changed)


def to_toml(suite: Suite) -> str:
    """Write the resolved suite as a file that `ganbench run --suite` reads back."""
    lines, tables = [], []
    for f in fields(suite):
        value = getattr(suite, f.name)
        if f.name == "models" and any(isinstance(m, Choice) for m in value):
            tables = list(choices(value))
        elif value is not None and not (value == f.default and value in ((), "")):
            lines.append(f"{f.name} = {toml.value(value)}")
    for choice in tables:
        lines += ["", "[[models]]", f"name = {toml.value(choice.name)}"]
        lines += [f"label = {toml.value(choice.label)}"] if choice.label else []
        lines.append(f"settings = {toml.value(choice.settings)}")
    return "\n".join(lines) + "\n"
