"""How much memory a run on this machine can have: free, of a group's limit, of `ulimit -v`."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

# Of either version: limit, use, and among the figures what can be given back at once.
UNIFIED = ("memory.max", "memory.current", "inactive_file")
LEGACY = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
GROUPS, OURS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def available(framework: str, device: str) -> int | None:
    """Bytes that a run on `device` can have; None where nobody tells."""
    if device.startswith("cuda"):
        return _gpu(device) if framework == "pytorch" else None
    told = [psutil.virtual_memory().available, _left_in_group(), _left_of_addresses()]
    return min(room for room in told if room is not None)


def _gpu(device: str) -> int:
    """All of its memory: what others have of it now may be given back."""
    import torch

    return torch.cuda.get_device_properties(device).total_memory


def _left_in_group(groups: Path = GROUPS, ours: Path = OURS) -> int | None:
    """What the limits of a container, a Slurm job or a systemd slice leave; None without one."""
    rooms = [_left_in(folder, names) for folder, names in _groups(groups, ours)]
    return min((room for room in rooms if room is not None), default=None)


def _groups(groups: Path, ours: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """The group of this process and all that it lies in, each with the names of its files."""
    try:
        lines = ours.read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    within = {"": "/", "memory": "/"} | {
        controller: path
        for _, controllers, path in (line.split(":", 2) for line in lines)
        for controller in controllers.split(",")
    }
    for root, path, names in (
        (groups, within[""], UNIFIED),
        (groups / "memory", within["memory"], LEGACY),
    ):
        own = PurePosixPath(path.lstrip("/"))
        yield from ((root / each, names) for each in (own, *own.parents))


def _left_in(folder: Path, names: tuple[str, str, str]) -> int | None:
    """What the limit of one group leaves; None without one."""
    limit, used, idle = names
    try:
        room = int((folder / limit).read_text()) - int((folder / used).read_text())
        figures = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no such group, or "max"
        return None
    return max(0, room + int(figures.get(idle, 0)))


def _left_of_addresses() -> int | None:
    """What `ulimit -v` leaves to this process; None without one."""
    if os.name != "posix":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    return max(0, limit - psutil.Process().memory_info().vms)
