"""Energy by the counters that hardware carries: NVML's of a GPU, RAPL's of a CPU. Never guessed."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from ganbench.system import frameworks

POWERCAP = Path("/sys/class/powercap")  # readable by root alone on most kernels since 5.10
PACKAGE = re.compile(r"package-\d+")  # cores, caches and what else one socket holds; no memory


class Counter(Protocol):
    """A meter built into the machine; it counts for whoever uses the device."""

    def joules(self) -> float:
        """Joules since some moment; OSError when it cannot be read any more."""
        ...

    @property
    def wraps_at(self) -> float | None:
        """Joules after which it starts at 0 again, if it does."""
        ...


class Package:
    """The RAPL counter of one CPU package (`folder` of Linux's powercap)."""

    def __init__(self, folder: Path):
        self.file = folder / "energy_uj"
        self.wraps_at: float | None = int((folder / "max_energy_range_uj").read_text()) / 1e6
        self.joules()

    def joules(self) -> float:
        return int(self.file.read_text()) / 1e6


class Board:
    """The NVML counter of one GPU, whole board; Volta and newer have one."""

    wraps_at: float | None = None  # 64 bits of millijoules

    def __init__(self, nvml: Any, handle: Any):
        self.nvml, self.handle = nvml, handle
        self.joules()

    def joules(self) -> float:
        try:
            return self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.handle) / 1e3
        except self.nvml.NVMLError as error:
            raise OSError(f"NVML: {error}") from error


class Meter:
    """Joules that its counters count while it runs; None where they do not tell, or did not once.

    `before`: joules of an earlier process of the same run, or None of one that could not tell.
    """

    def __init__(self, counters: Sequence[Counter] = (), before: float | None = 0.0):
        self.counters = counters
        self.joules = before if counters else None
        self._from: list[float] | None = None

    def after(self, before: float | None) -> "Meter":
        """The same counters, for a run that goes on."""
        return Meter(self.counters, before)

    def start(self) -> None:
        """Count from here on."""
        self._from = self._read()

    def stop(self) -> None:
        """Count no more."""
        begun, ended, self._from = self._from, self._read(), None
        if self.joules is None or begun is None or ended is None:
            return
        for counter, one, other in zip(self.counters, begun, ended, strict=True):
            passed = other - one
            self.joules += passed + (counter.wraps_at or 0.0) if passed < 0 else passed

    def _read(self) -> list[float] | None:
        if self.joules is None:
            return None
        try:
            return [counter.joules() for counter in self.counters]
        except (OSError, ValueError):
            self.joules = None
            return None


def counters(framework: str, device: str) -> list[Counter]:
    """What counts the energy of `device`; nothing where nothing does, or nobody may read it."""
    if device == "cpu":
        return packages()
    return board(framework, device) if device.startswith("cuda") else []


def packages(root: Path = POWERCAP) -> list[Counter]:
    """A counter for every CPU package of this machine, or none: a part would be no total."""
    found: list[Counter] = []
    try:
        for folder in sorted(root.glob("intel-rapl:*")):
            if PACKAGE.fullmatch((folder / "name").read_text().strip()):
                found.append(Package(folder))
    except (OSError, ValueError):
        return []
    return found


def board(framework: str, device: str) -> list[Counter]:
    """The counter of the GPU that `device` names."""
    try:
        import pynvml
    except ImportError:
        return []
    with suppress(pynvml.NVMLError, OSError):
        pynvml.nvmlInit()
        handle = _handle(pynvml, framework, device)
        return [Board(pynvml, handle)] if handle is not None else []
    return []


def _handle(nvml: Any, framework: str, device: str) -> Any:
    """NVML numbers all GPUs, a framework those that it may see: they share no more than a UUID."""
    if uuid := frameworks.gpu_uuid(framework, device):
        return nvml.nvmlDeviceGetHandleByUUID(uuid)
    return nvml.nvmlDeviceGetHandleByIndex(0) if nvml.nvmlDeviceGetCount() == 1 else None
