"""Where a number was made: versions, hardware, commit."""

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import ganbench
from ganbench.errors import InputError

PACKAGES = (
    "torch",
    "torchvision",
    "tensorflow",
    "keras",
    "numpy",
    "scipy",
    "pillow",
    "safetensors",
)


def prepare(framework: str, threads: int | None) -> None:
    """Set a fresh process up for `framework`."""
    if framework == "pytorch":
        import torch

        if threads:
            torch.set_num_threads(threads)


def choose_device(framework: str, wanted: str | None) -> str:
    """Name the device to train on; InputError when the wanted one is not there."""
    if framework != "pytorch":
        return wanted or "cpu"
    import torch

    there = ["cpu"]
    if torch.cuda.is_available():
        there = ["cuda", *(f"cuda:{i}" for i in range(torch.cuda.device_count())), *there]
    if torch.backends.mps.is_available():
        there.append("mps")
    if wanted is not None and wanted not in there:
        raise InputError(f'there is no device "{wanted}" here', f"--device {' or '.join(there)}")
    return wanted or there[0]


def peak_memory(framework: str, device: str) -> tuple[int, str]:
    """Peak bytes so far, and what they measure: "GPU" or "process"."""
    if framework == "pytorch" and device.startswith("cuda"):
        import torch

        return torch.cuda.max_memory_allocated(device), "GPU"
    return process_peak_bytes(), "process"


def process_peak_bytes() -> int:
    """Largest resident size of this process."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def process_bytes() -> int:
    """Resident size of this process now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def describe(framework: str, device: str) -> dict[str, Any]:
    """Everything that a stranger needs to judge or repeat a run."""
    facts: dict[str, Any] = {
        "ganbench": ganbench.__version__,
        "commit": commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_name(),
        "device": device,
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
    }
    if framework == "pytorch":
        import torch

        facts["threads"] = torch.get_num_threads()
        facts["precision"] = "fp32"
        if device.startswith("cuda"):
            facts["gpu"] = torch.cuda.get_device_name(device)
            facts["cuda"] = torch.version.cuda
            if torch.backends.cudnn.allow_tf32:
                facts["precision"] = "fp32, convolutions in TF32"
    return facts


def installed(package: str) -> str | None:
    """Version of an installed package, without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def cpu_name() -> str:
    """Marketing name of the processor where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str | None:
    """Commit of the checkout that this code runs from; None for an installed package."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
