"""How much memory a run on this machine can have: free, of a container's limit, of `ulimit -v`."""

import os
from pathlib import Path

import psutil

CGROUPS = (  # limit, use, figures, and among them what can be given back at once
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)


def available(framework: str, device: str) -> int | None:
    """Bytes that a run on `device` can have; None where nobody tells."""
    if device.startswith("cuda"):
        return _gpu(device) if framework == "pytorch" else None
    told = [psutil.virtual_memory().available, _left_in_group(), _left_of_addresses()]
    return min(room for room in told if room is not None)


def _gpu(device: str) -> int:
    import torch

    return torch.cuda.get_device_properties(device).total_memory


def _left_in_group(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What the container's limit leaves; None without one."""
    for names in CGROUPS:
        try:
            limit, used = (int((root / name).read_text()) for name in names[:2])
            lines = (root / names[2]).read_text().splitlines()
        except (OSError, ValueError):  # no such group, or "max"
            continue
        idle = [int(line.split()[1]) for line in lines if line.split()[0] == names[3]]
        return max(0, limit - used + sum(idle))
    return None


def _left_of_addresses() -> int | None:
    """What `ulimit -v` leaves to this process; None without one."""
    if os.name != "posix":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    return max(0, limit - psutil.Process().memory_info().vms)
