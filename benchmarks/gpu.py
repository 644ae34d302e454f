"""Everything that meets CUDA, on one GPU, in eight minutes: python benchmarks/gpu.py OUT.

Correctness first, then steps a second in every way there is, then a training through the real
command. Each stage has its own process and its own time, and what it found is written to OUT at
once: OUT/gpu-<card>.json. `--only` names stages, also those that are not in the eight minutes.
`--quick` tries the script itself on a CPU, where a tape stands in for CUDA graphs.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpu_checks as checks
import gpu_speed as speeds

ROOT = Path(__file__).resolve().parents[1]
WORDS = 1500  # characters kept of a command's end


def about(a: argparse.Namespace) -> dict[str, Any]:
    """Versions, card, and what `ganbench doctor` says."""
    import torch

    doctor = subprocess.run(
        [sys.executable, "-m", "ganbench", "doctor"], capture_output=True, text=True
    )
    facts = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "card": "no card",
        "doctor": doctor.stdout + doctor.stderr,
    }
    if a.device == "cuda":
        facts |= {"card": torch.cuda.get_device_name(), "cudnn": torch.backends.cudnn.version()}
    return facts


def train(a: argparse.Namespace) -> dict[str, Any]:
    """All three models on the scenes, by the GPU's defaults, judged and shown."""
    budget, size = ("10step", "32") if a.quick else (f"{a.train_seconds}s", "256")
    profile, samples = ("small", "32") if a.quick else ("official", "120")
    said = command(
        a, "--models", "dcgan,cyclegan", "--size", size, "--profile", profile, "--budget", budget,
        "--samples", samples, "--snapshots", "2", "--name", "scenes", *a.run.split(),
    )  # fmt: skip
    sheets(a)
    return said | {"runs": records(a.work / "scenes")}


def command(a: argparse.Namespace, *more: str) -> dict[str, Any]:
    """The real `ganbench run`, on the scenes."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "ganbench", "run", "--data", "scenes", "--device", a.device,
         "--results", str(a.work), *more],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    return {"code": done.returncode, "seconds": seconds, "end": done.stdout[-WORDS:]}


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


def sheets(a: argparse.Namespace) -> None:
    """The pictures of each model's end, as one PNG, and the page."""
    import numpy as np
    from PIL import Image

    rows = []
    for file in sorted((a.work / "scenes").glob("*/views/*.npy")):
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


# What each stage may take, in seconds; the first six are the eight minutes.
STAGES: dict[str, tuple[Callable[[argparse.Namespace], dict[str, Any]], int]] = {
    "about": (about, 20),
    "captured": (checks.captured, 40),
    "resumed": (checks.resumed, 25),
    "speed": (speeds.speed, 90),
    "changed": (speeds.changed, 85),
    "train": (train, 220),
    "compiled": (speeds.compiled, 100),
    "contract": (checks.contract, 60),
    "cpu_against_device": (checks.cpu_against_device, 60),
    "features": (checks.features, 60),
    "kernels": (speeds.kernels, 60),
    "tests": (tests, 200),
}
USUAL = list(STAGES)[:6]


def main() -> None:
    """Run each stage in a process of its own; keep what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=",".join(USUAL))
    parser.add_argument("--train-seconds", type=int, default=50)
    parser.add_argument("--run", default="", help="more options of ganbench run")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    a = parser.parse_args()
    a.device, a.work = "cpu" if a.quick else "cuda", Path("/tmp/ganbench-gpu")
    a.out.mkdir(parents=True, exist_ok=True)
    if a.stage:
        one(a)
        return
    found: dict[str, Any] = {}
    for name in a.only.split(","):
        found[name] = apart(a, name)
        (a.out / f"gpu-{card(found)}.json").write_text(json.dumps(rounded(found), indent=1))
        said = "" if found[name]["found"] else found[name]["said"][-300:]
        print(name, found[name]["seconds"], "s", said, flush=True)


def apart(a: argparse.Namespace, name: str) -> dict[str, Any]:
    """A stage in a process of its own, which is killed when its time is over."""
    began, kept = time.perf_counter(), a.out / f"{name}.json"
    stage = subprocess.Popen(
        [sys.executable, __file__, *sys.argv[1:], "--stage", name],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        said = stage.communicate(timeout=STAGES[name][1])[1][-WORDS:]
    except subprocess.TimeoutExpired:
        os.killpg(stage.pid, signal.SIGKILL)  # and what it has started
        stage.wait()
        said = "it took too long"
    value = json.loads(kept.read_text()) if kept.exists() else None
    kept.unlink(missing_ok=True)
    seconds = round(time.perf_counter() - began, 1)
    return {"found": value, "said": said if stage.returncode else "", "seconds": seconds}


def one(a: argparse.Namespace) -> None:
    """Be the process of one stage, which may keep what it has found so far."""
    kept: dict[str, Any] = {}

    def keep(found: dict[str, Any]) -> None:
        kept.update(found)
        (a.out / f"{a.stage}.json").write_text(json.dumps(kept))

    a.keep = keep
    try:
        keep(STAGES[a.stage][0](a))
    except Exception:
        keep({"failed": traceback.format_exc()[-WORDS:]})


def card(found: dict[str, Any]) -> str:
    """Of the card's name what tells it from others, for a file: NVIDIA H200 -> h200."""
    told = (found.get("about") or {}).get("found") or {}
    words = re.findall(r"[a-z0-9]+", str(told.get("card", "unknown")).lower())
    return "-".join(word for word in words if word not in ("nvidia", "geforce"))


def rounded(found: Any) -> Any:
    """Four digits of every number."""
    if isinstance(found, dict):
        return {name: rounded(value) for name, value in found.items()}
    if isinstance(found, list):
        return [rounded(value) for value in found]
    return float(f"{found:.4g}") if isinstance(found, float) else found


if __name__ == "__main__":
    main()
