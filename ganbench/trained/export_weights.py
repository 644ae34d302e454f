"""`ganbench export`: a run's generators as files that other programs read.

Written in a process of its own: safetensors and .pth from the checkpoint alone, ONNX by PyTorch and
Keras' file by TensorFlow, whichever of the two trained the model.
"""

import importlib
import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.errors import InputError
from ganbench.jobs import Exported, ExportJob, TrainedModel
from ganbench.system import child_process, files, frameworks
from ganbench.trained import load_model, trained_run
from ganzoo import official_names, registry
from ganzoo.settings import resolve

NEEDED = {"onnx": ("onnx", "onnxscript"), "keras": ("tensorflow", "keras"), "pth": ("torch",)}
INSTALL = {"onnx": 'pip install "ganbench[onnx]"', "keras": 'pip install "ganbench[tensorflow]"',
           "pth": "pip install ganbench"}  # fmt: skip
FRAMEWORK = {"onnx": "pytorch", "keras": "tensorflow"}
GENERATORS = ("G", "F")
PTH = {  # as their test.py and the example name them
    ("pictures", "G"): "latest_net_G_A.pth",
    ("pictures", "F"): "latest_net_G_B.pth",
    ("noise", "G"): "netG.pth",
}


def export(
    text: str,
    to: str,
    out: Path | None = None,
    raw: bool = False,
    plugin_files: tuple[Path, ...] = (),
) -> Exported:
    """Write the generators of the run that `text` names; InputError when that cannot be done."""
    run = trained_run.find(text)
    for module in NEEDED.get(to, ()):
        if importlib.util.find_spec(module) is None:
            raise InputError(f"--to {to} needs {module}, which is not installed", INSTALL[to])
    trained = run.model(plugin_files, device="cpu")
    built_in = trained.model.origin == "built in"
    if (wanted := FRAMEWORK.get(to)) and wanted != trained.model.framework:
        trained = replace(trained, model=_twin(trained.model, wanted, to))
    networks = tuple(name for name in GENERATORS if name == "G" or run.has_back) * built_in
    place = out or run.folder / "export"
    files.check_writable(place)
    job = ExportJob(trained, networks, to, raw, place, run.name)
    done = child_process.run("ganbench.trained.export_weights", job).result(Exported)
    return replace(done, notes=run.notes + done.notes)


def _twin(model: registry.Model, framework: str, to: str) -> registry.Model:
    if model.origin != "built in":
        raise InputError(
            f"--to {to} is written by {framework}, in which {model.name} does not come",
            "--to safetensors",
        )
    return registry.select(model.name, framework=framework)[0]


def work(job: ExportJob, channel: child_process.Channel) -> Exported:
    """Write in the process that meets what the format needs."""
    return WRITERS[job.to](job)


def _places(job: ExportJob, names: dict[str, str]) -> dict[str, Path]:
    """Where each network's file goes; InputError when one is there."""
    places = {network: job.out / name for network, name in names.items()}
    for path in places.values():
        if path.exists():
            raise InputError(f"{path} is there already", "remove it, or another folder: --out")
    return places


def _arrays(job: ExportJob) -> tuple[dict[str, dict[str, np.ndarray]], list[str]]:
    """The networks' weights from the checkpoint, averages where there are and none is refused."""
    from safetensors.numpy import load_file

    path = job.trained.checkpoint / "state.safetensors"
    if not path.is_file():
        raise InputError(f"{job.trained.model.name} keeps its weights in a way of its own")
    try:
        state = load_file(path)
    except Exception as error:  # as of any damaged file
        raise InputError(f"{path} cannot be read ({error})") from None
    found: dict[str, dict[str, np.ndarray]] = {}
    for kind in ("network",) if job.raw else ("network", "average"):
        for key, value in state.items():
            if key.startswith(f"{kind}/"):
                _, network, name = key.split("/", 2)
                found.setdefault(network, {})[name] = value
    networks = job.networks or tuple(found)
    if not found or any(name not in found for name in networks):
        raise InputError(f"{job.trained.model.name} has no networks in its checkpoint to export")
    averaged = any(key.startswith("average/") for key in state)
    notes = ["there is no average of the weights: they are the last step's"]
    return {name: found[name] for name in networks}, notes if job.raw and not averaged else []


def _safetensors(job: ExportJob) -> Exported:
    """Our names, and beside them what the network is."""
    from safetensors.numpy import save

    arrays, notes = _arrays(job)
    places = _places(job, {name: f"{name}.safetensors" for name in arrays})
    for network, path in places.items():
        told = {name: value if isinstance(value, str) else json.dumps(value)
                for name, value in described(job, network).items()}  # fmt: skip
        whole = {k: np.ascontiguousarray(v) for k, v in arrays[network].items()}
        files.write_bytes(path, save(whole, told))
    return Exported(tuple(places.values()), tuple(notes))


def described(job: ExportJob, network: str) -> dict[str, Any]:
    """What somebody must know who uses the file without us."""
    trained = job.trained
    size, latent = trained.size, trained.settings.get("latent")
    picture = f"float32 N 3 {size} {size}, RGB in [-1, 1]"
    noise = f"float32 N {latent}, standard normal"
    return {
        "made_by": "ganbench",
        "model": trained.model.name,
        "network": network,
        "run": job.run,
        "weights": "of the last step" if job.raw else "averaged where the run kept an average",
        "size": size,
        "settings": trained.settings,
        "input": picture if latent is None else noise,
        "output": picture,
    }


def _pth(job: ExportJob) -> Exported:
    """The published code's names where it has such a network, or else ours."""
    arrays, notes = _arrays(job)
    trained, model = job.trained, job.trained.model
    source = "noise" if "latent" in trained.settings else "pictures"
    pth: Any = importlib.import_module("ganzoo.pytorch.exchange.pth")
    built_in = model.origin == "built in"
    why = "it is a plugin"
    if built_in:
        settings = resolve(_settings_of(model), model.name, trained.settings)
        why = official_names.unlike_theirs(model.name, settings, trained.size)
    names = {name: PTH.get((source, name), f"{name}.pth") for name in arrays}
    if why:
        names = {name: f"{name}.pth" for name in arrays}
        notes.append(f"the names in it are ours: {why}")
    places = _places(job, names)
    for network, path in places.items():
        state = arrays[network]
        if not why:
            layout = official_names.layout(model.name, settings, trained.size)
            norm = getattr(settings, "norm", "batch")
            state = official_names.to_theirs(state, layout, norm)
        with files.building(path) as draft, files.writing(path):
            pth.write(draft, state)
    if not why and getattr(settings, "norm", "") == "batch":
        notes.append("their batch norm's statistics are a fresh one's: use it without --eval")
    return Exported(tuple(places.values()), tuple(notes))


def _settings_of(model: registry.Model) -> type:
    """The settings' class of a built-in model, without its framework."""
    from ganzoo import settings

    return {
        "dcgan": settings.DCGAN,
        "cyclegan-unet": settings.CycleGANUNet,
        "cyclegan-resnet": settings.CycleGANResNet,
    }[model.name]


def _drawing(job: ExportJob) -> tuple[Any, dict[str, Any]]:
    """The trainer with its weights, in fp32, and its generators as they draw."""
    trained = job.trained
    frameworks.prepare(trained.model.framework)
    plain = {"precision": "fp32", "xla": False}
    settings = {k: plain.get(k, v) for k, v in trained.settings.items()}
    trainer: Any = load_model.load(replace(trained, settings=settings))
    there = dict(getattr(trainer, "networks", {}))
    if not job.raw:
        there |= getattr(trainer, "averages", {})
    networks = job.networks or ("G",)
    if any(name not in there for name in networks):
        raise InputError(
            f"{trained.model.name} does not say which of its networks draws (networks['G'])",
            "--to safetensors",
        )
    if trained.model.origin != "built in" and not job.raw:
        _require_drawing(trainer, there["G"], trained)
    return trainer, {name: there[name] for name in networks}


def _require_drawing(trainer: Any, network: Any, trained: TrainedModel) -> None:
    """InputError where a plugin draws with anything but this network."""
    sources = _examples(trainer, trained)
    if trainer.source == "pictures":
        sources = np.moveaxis((sources + 1) * 127.5, 1, -1).round().astype(np.uint8)
    drawn, by_network = trainer.generate(sources), trainer.draw(network, sources)
    if np.abs(drawn.astype(int) - by_network).max() > 1:
        raise InputError(
            f"what {trained.model.name} draws is not what its network G draws",
            "keep the network that draws in averages['G'], or what it was trained by: --raw",
        )


def _onnx(job: ExportJob) -> Exported:
    """One graph a generator, whose batches may be of any size."""
    trainer, networks = _drawing(job)
    onnx: Any = importlib.import_module("ganzoo.pytorch.exchange.onnx")
    places = _places(job, {name: f"{name}.onnx" for name in networks})
    apart: list[float] = []
    for network, path in places.items():
        told = {k: v if isinstance(v, str) else json.dumps(v)
                for k, v in described(job, network).items()}  # fmt: skip
        example = _examples(trainer, job.trained)
        with files.building(path) as draft, files.writing(path):
            onnx.write(networks[network], example, draft, told)
            if (difference := onnx.difference(networks[network], example, draft)) is not None:
                apart.append(difference)
    if not apart:
        note = "not checked: pip install onnxruntime, and export again"
        return Exported(tuple(places.values()), (note,))
    return Exported(tuple(places.values()), (), "onnxruntime", max(apart))


def _examples(trainer: Any, trained: TrainedModel) -> np.ndarray:
    """Three sources, as a network is given them: float32 N 3 H W in [-1, 1], or N Z."""
    random = np.random.default_rng(0)
    if trainer.source == "noise":
        return random.standard_normal((3, trainer.settings.latent), dtype=np.float32)
    coarse = random.uniform(-1, 1, (3, 3, trained.size // 4, trained.size // 4))
    return np.kron(coarse, np.ones((4, 4))).astype(np.float32)


def _keras(job: ExportJob) -> Exported:
    """One file a generator, of Keras' own layers."""
    trainer, networks = _drawing(job)
    keras_file: Any = importlib.import_module("ganzoo.tensorflow.exchange.keras_file")
    places = _places(job, {name: f"{name}.keras" for name in networks})
    example = np.ascontiguousarray(np.moveaxis(_examples(trainer, job.trained), 1, -1))
    apart = []
    for network, path in places.items():
        with files.building(path) as draft, files.writing(path):
            named = draft.with_name(f"{draft.name}.keras")  # Keras wants the ending
            try:
                apart.append(keras_file.write(networks[network], example, named))
                named.replace(draft)
            finally:
                named.unlink(missing_ok=True)
    note = "it takes float32 N H W 3 in [-1, 1]" if trainer.source == "pictures" else ""
    return Exported(tuple(places.values()), (note,) * bool(note), "Keras", max(apart))


WRITERS: dict[str, Callable[[ExportJob], Exported]] = {
    "safetensors": _safetensors,
    "pth": _pth,
    "onnx": _onnx,
    "keras": _keras,
}


if __name__ == "__main__":
    child_process.serve(ExportJob, work)
