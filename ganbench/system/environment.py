"""Where a number was made: versions, hardware, commit."""

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import ganbench
from ganbench.system import frameworks

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


def with_our_pip(advice: str) -> str:
    """Advice to install something, so that it goes into the environment that we run in.

    In a shell that has not entered it, `pip` is another's.
    """
    ours = Path(sys.executable).with_name("pip")
    first = shutil.which("pip")
    if not ours.exists() or (first and Path(first).resolve() == ours.resolve()):
        return advice
    place = os.path.relpath(ours)
    named = place if not place.startswith("..") else str(ours)
    command = f"{shlex.quote(named)} install"
    return re.sub("(?<!uv )pip install", lambda _: command, advice)


def peak_memory(framework: str, device: str) -> tuple[int, str]:
    """Peak bytes so far, and what they measure: "GPU" or "process"."""
    if device.startswith("cuda"):
        return frameworks.gpu_peak_bytes(framework, device), "GPU"
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


def describe(framework: str | None, device: str, precision: str = "fp32") -> dict[str, Any]:
    """What a stranger needs to judge or repeat a run; None as framework imports none.

    `precision`: what the model's settings ask for.
    """
    facts: dict[str, Any] = {
        "ganbench": ganbench.__version__,
        "commit": commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_name(),
        "cores": frameworks.usable_cores(),
        "device": device,
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
    }
    return facts | (frameworks.facts(framework, device, precision) if framework else {})


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
    root = Path(__file__).resolve().parents[2]
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
