"""Everything that meets CUDA, on one GPU, in eight minutes: python benchmarks/gpu.py OUT DATA.

Correctness first, then speed, then a short training through the real command. Each stage has its
own process and its own time, and what it found is written to OUT/gpu.json as soon as it is there.
DATA holds `monet_jpg` and `photo_jpg`. `--quick` tries the script itself on a CPU.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("dcgan", "cyclegan-unet", "cyclegan-resnet")
PEERS = {"cyclegan-resnet": "official CycleGAN", "dcgan": "PyTorch's DCGAN example"}
WORDS = 1500  # characters kept of a command's end


def about(a: argparse.Namespace) -> dict[str, Any]:
    """Versions, card, flags, and what `ganbench doctor` says."""
    import torch

    doctor = subprocess.run(
        [sys.executable, "-m", "ganbench", "doctor"], capture_output=True, text=True
    )
    facts = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "tf32_in_convolutions": torch.backends.cudnn.allow_tf32,
        "tf32_in_products": torch.backends.cuda.matmul.allow_tf32,
        "doctor": doctor.stdout + doctor.stderr,
    }
    if a.device == "cuda":
        facts |= {"card": torch.cuda.get_device_name(), "cudnn": torch.backends.cudnn.version()}
    return facts


def exact() -> None:
    """Plain fp32 and reproducible kernels where there are any."""
    import torch

    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)


def contract(a: argparse.Namespace) -> dict[str, Any]:
    """Every question of `ganbench check`, on the device: as it is, and in exact fp32."""
    from ganzoo import conformance, registry

    found = {}
    for how in ("as it is", "exact"):
        if how == "exact":
            exact()
        for name in MODELS:
            (model,) = registry.select(name)
            answers = [(x.question, x.good, x.reason) for x in conformance.run(model, 32, a.device)]
            found[f"{name}, {how}"] = [
                question if good else f"FAILED: {question}: {reason}"
                for question, good, reason in answers
            ]
    return found


def built(
    name: str, settings: dict[str, Any], size: int, device: str, profile: str = "official"
) -> Any:
    """A trainer and a function that gives the batch of a step."""
    import numpy as np

    from ganzoo import registry
    from ganzoo.settings import resolve
    from ganzoo.trainer import Task

    kind: Any = registry.load(registry.select(name)[0])
    resolved = resolve(kind.Settings, name, settings, profile)
    batch = resolved.batch

    def of_step(step: int) -> tuple[Any, Any]:
        draw = np.random.default_rng(step)
        target = draw.integers(0, 256, (batch, size, size, 3), np.uint8)
        if kind.source == "noise":
            return draw.standard_normal((batch, resolved.latent), np.float32), target
        return draw.integers(0, 256, (batch, size, size, 3), np.uint8), target

    return kind(resolved, Task(size, 0, device)), of_step


def cpu_against_device(a: argparse.Namespace) -> dict[str, Any]:
    """Losses of the same steps on both devices, and pictures of a state that went over."""
    import numpy as np

    exact()
    found: dict[str, Any] = {}
    for name in MODELS:
        trainers = {d: built(name, {}, 64, d, profile="small") for d in ("cpu", a.device)}
        apart = []
        for step in range(20):
            losses = [
                {k: float(v) for k, v in trainer.step(*of_step(step)).items()}
                for trainer, of_step in trainers.values()
            ]
            apart.append(
                max(
                    abs(losses[0][k] - losses[-1][k]) / max(abs(losses[0][k]), 1e-9)
                    for k in losses[0]
                )
            )
        device = trainers[a.device][0]
        folder = a.out / f"state-{name}"
        device.save(folder)
        other, of_step = built(name, {}, 64, "cpu", profile="small")
        other.load(folder)
        source = of_step(99)[0]
        drawn = [t.generate(source).astype(int) for t in (device, other)]
        found[name] = {
            "losses_apart_at_step_1_5_20": [apart[0], apart[4], apart[19]],
            "grey_levels_apart_after_loading": int(np.abs(drawn[0] - drawn[1]).max()),
        }
        shutil.rmtree(folder)
    return found


def features(a: argparse.Namespace) -> dict[str, Any]:
    """The FID network on the device against the CPU, and its pictures a second."""
    import numpy as np

    from metrics.extractors.built_in import RANDOM_INCEPTION
    from metrics.extractors.extractor import Extractor

    pictures = np.random.default_rng(0).integers(0, 256, (16, 256, 256, 3), np.uint8)
    many = np.repeat(pictures, 2 if a.quick else 128, axis=0)
    cpu = Extractor(RANDOM_INCEPTION, None, "cpu").features(pictures)
    found = {}
    for precision in ("fp32", "bf16"):
        extractor = Extractor(RANDOM_INCEPTION, None, a.device, precision=precision)
        seen = extractor.features(pictures)
        apart = np.linalg.norm(seen.pool - cpu.pool) / np.linalg.norm(cpu.pool)
        began = time.perf_counter()
        extractor.features(many)
        speed = len(many) / (time.perf_counter() - began)
        found[precision] = {"relative_difference": float(apart), "pictures_per_second": speed}
    return found


def speed(a: argparse.Namespace) -> dict[str, Any]:
    """Steps a second of ours, eager, and of the peers: rounds in turns, median of the rounds."""
    import torch

    wait: Callable[[], Any] = torch.cuda.synchronize if a.device == "cuda" else int
    cases = steps_of(a)
    times: dict[str, list[float]] = {label: [] for label in cases}
    for turn in range(3 if a.quick else 8):
        for label, step in cases.items():
            count = 1 if a.quick else 40 if "DCGAN" in label.upper() else 12
            wait()
            began = time.perf_counter()
            for _ in range(count):
                step()
            wait()
            if turn:  # the first one warms up
                times[label].append((time.perf_counter() - began) / count)
    found = {
        label: {"steps_per_second": 1 / statistics.median(t), "fastest": 1 / min(t)}
        for label, t in times.items()
    }
    for ours, peer in PEERS.items():
        for precision in ("fp32", "bf16"):
            mine = found[f"{ours} {precision}"]
            mine["times_peer"] = mine["steps_per_second"] / found[peer]["steps_per_second"]
    return found


def steps_of(a: argparse.Namespace) -> dict[str, Callable[[], Any]]:
    """What is timed, by name."""
    from usual_pytorch import ExampleDCGAN, OfficialCycleGAN

    size = 64 if a.quick else 256
    cases: dict[str, Callable[[], Any]] = {}
    for name, settings, px in (
        ("cyclegan-resnet", {}, size),
        ("cyclegan-unet", {}, size),
        ("cyclegan-unet", {"norm": "instance"}, size),
        ("dcgan", {}, 64),
    ):
        for precision in ("fp32", "bf16"):
            chosen = {**settings, "precision": precision}
            trainer, of_step = built(name, chosen, px, a.device, "small" if a.quick else "official")
            cases[" ".join([name, *chosen.values()])] = partial(trainer.step, *of_step(0))
    cases["official CycleGAN"] = OfficialCycleGAN(size, a.device).step
    cases["PyTorch's DCGAN example"] = ExampleDCGAN(a.device).step
    return cases


def kernels(a: argparse.Namespace) -> dict[str, Any]:
    """How much of a step's wall time the GPU computes, and on what."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    found = {}
    for name, size in (("cyclegan-resnet", 256), ("cyclegan-unet", 256), ("dcgan", 64)):
        trainer, of_step = built(name, {}, size, a.device)
        batch = of_step(0)
        for _ in range(5):
            trainer.step(*batch)
        torch.cuda.synchronize()
        began = time.perf_counter()
        with profile(activities=[ProfilerActivity.CUDA]) as seen:
            for _ in range(5):
                trainer.step(*batch)
            torch.cuda.synchronize()
        wall = time.perf_counter() - began
        rows = sorted(seen.key_averages(), key=lambda row: -row.self_device_time_total)
        busy = sum(row.self_device_time_total for row in rows) / 1e6
        found[name] = {
            "busy_fraction": busy / wall,
            "kernels_per_step": sum(row.count for row in rows) / 5,
            "top": [
                [row.key[:80], round(row.self_device_time_total / 5e3, 3)] for row in rows[:10]
            ],
        }
    return found


def command(a: argparse.Namespace, *more: str, cut: bool = False) -> dict[str, Any]:
    """The real `ganbench run`; with `cut` it is told to stop at its first snapshot."""
    began = time.perf_counter()
    arguments = [
        sys.executable,
        "-m",
        "ganbench",
        "run",
        "--data",
        str(a.data),
        "--device",
        a.device,
    ]
    process = subprocess.Popen(
        [*arguments, "--results", str(a.work), *more],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = ""
    assert process.stdout
    for line in process.stdout:
        said += line
        if cut and "snapshot at step" in line:
            process.send_signal(signal.SIGINT)
            cut = False
    return {"code": process.wait(), "seconds": time.perf_counter() - began, "end": said[-WORDS:]}


def records(folder: Path) -> dict[str, Any]:
    """What the records of a suite say."""
    found = {}
    for file in sorted(folder.glob("*/record.json")):
        run = json.loads(file.read_text())
        found[file.parent.name] = {
            "status": run["status"],
            "used": run["used"],
            "cost": run["cost"],
            "scores": {name: score["value"] for name, score in run["scores"].items()},
            "environment": run["environment"],
        }
    return found


def resume(a: argparse.Namespace) -> dict[str, Any]:
    """A run cut in the middle against one that was left alone."""
    import numpy as np

    budget = "20step" if a.quick else "400step"
    found = {}
    for name in ("dcgan", "cyclegan-resnet"):
        base = ["--models", name, "--size", "64", "--profile", "small", "--budget", budget]
        base += ["--samples", "32", "--metrics", "fwd"]
        whole = command(a, *base, "--name", f"whole-{name}")
        cut = command(a, *base, "--name", f"cut-{name}", cut=True)
        again = command(a, *base, "--name", f"cut-{name}")
        ends = []
        for suite in ("whole", "cut"):
            (run,) = (a.work / f"{suite}-{name}").glob("*/record.json")
            last = sorted(run.parent.glob("samples/*.npy"))[-1]
            ends.append(np.load(last).astype(int))
        found[name] = {
            "codes": [whole["code"], cut["code"], again["code"]],
            "grey_levels_apart": int(np.abs(ends[0] - ends[1]).max()),
            "mean_grey_levels_apart": float(np.abs(ends[0] - ends[1]).mean()),
            "end": again["end"][-300:],
        }
    return found


def train(a: argparse.Namespace) -> dict[str, Any]:
    """All three models by the GPU's defaults, judged and shown."""
    budget, size = ("10step", "32") if a.quick else (f"{a.train_seconds}s", "256")
    profile = "small" if a.quick else "official"
    more = ["--size", size, "--profile", profile, "--budget", budget, "--name", "monets"]
    said = command(a, "--models", "dcgan,cyclegan", "--samples", "32" if a.quick else "300", *more)
    sheets(a)
    return said | {"runs": records(a.work / "monets")}


def sheets(a: argparse.Namespace) -> None:
    """The pictures of each model's end, as one PNG."""
    import numpy as np
    from PIL import Image

    rows = []
    for file in sorted((a.work / "monets").glob("*/views/*.npy")):
        if file.stem in ("input", "output"):
            rows.append(np.concatenate(np.load(file)[:8], axis=1))
    if rows:
        Image.fromarray(np.concatenate(rows)).save(a.out / "pictures.png")
    page = a.work / "report.html"
    if page.exists():
        (a.out / "report.html").write_bytes(page.read_bytes())


def tests(a: argparse.Namespace) -> dict[str, Any]:
    """Our own tests where a GPU is the default device."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "14", "-p", "no:cacheprovider", "--tb=line",
         "-m", "not tensorflow and not slow and not browser",
         "tests/ganzoo", "tests/metrics", "tests/ganbench"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    return {"code": done.returncode, "end": lines[-80:]}


STAGES: dict[str, tuple[Callable[[argparse.Namespace], dict[str, Any]], int]] = {
    "about": (about, 60),
    "contract": (contract, 90),
    "cpu_against_device": (cpu_against_device, 60),
    "features": (features, 60),
    "speed": (speed, 100),
    "kernels": (kernels, 60),
    "resume": (resume, 120),
    "train": (train, 330),
    "tests": (tests, 200),
}


def main() -> None:
    """Run each stage in a process of its own; keep what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=",".join(STAGES))
    parser.add_argument("--train-seconds", type=int, default=60)
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    a = parser.parse_args()
    a.device, a.work = "cpu" if a.quick else "cuda", Path("/tmp/ganbench-gpu")
    a.out.mkdir(parents=True, exist_ok=True)
    if a.stage:
        one(a)
        return
    found: dict[str, Any] = {}
    for name in a.only.split(","):
        began = time.perf_counter()
        kept = a.out / f"{name}.json"
        stage = subprocess.Popen(
            [sys.executable, __file__, *sys.argv[1:], "--stage", name],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"},
        )  # fmt: skip
        try:
            said = stage.communicate(timeout=STAGES[name][1])[1]
            said = said[-WORDS:] if stage.returncode else warnings_of(said)
        except subprocess.TimeoutExpired:
            os.killpg(stage.pid, signal.SIGKILL)  # and what it has started
            said = "it took too long"
        found[name] = json.loads(kept.read_text()) if kept.exists() else None
        kept.unlink(missing_ok=True)
        seconds = round(time.perf_counter() - began, 1)
        found[name] = {"found": found[name], "said": said, "seconds": seconds}
        (a.out / "gpu.json").write_text(json.dumps(found, indent=1))
        print(name, seconds, "s", "" if found[name]["found"] else said[-300:], flush=True)


def warnings_of(said: str) -> str:
    """What torch says of kernels that are not reproducible, each once."""
    lines = [line for line in said.splitlines() if "deterministic" in line]
    return "\n".join(dict.fromkeys(line[:200] for line in lines))[:WORDS]


def one(a: argparse.Namespace) -> None:
    """Be the process of one stage."""
    try:
        value = STAGES[a.stage][0](a)
    except Exception:
        value = {"failed": traceback.format_exc()[-WORDS:]}
    (a.out / f"{a.stage}.json").write_text(json.dumps(value))


if __name__ == "__main__":
    main()
