"""The record of a worker that ended before it could write one itself."""

import signal
import time
from pathlib import Path
from typing import Any

from ganbench import budget, record
from ganbench.errors import InputError
from ganbench.jobs import TrainJob
from ganbench.system import child_process, environment, files
from ganbench.training import checkpoint, run_record

OUT_OF_MEMORY = "its process was ended by the system for want of memory"


def write(job: TrainJob, ended: child_process.Ended, memory_was_short: bool) -> None:
    """Write down how a worker ended, with what its checkpoint tells.

    `memory_was_short`: the system has killed somebody for memory in the meantime.
    """
    files.write_text(job.folder / "error.txt", ended.words + "\n")
    state, unsaved = _saved(job.folder, ended.seconds)
    steps, seconds = state.get("steps", 0), state.get("seconds", 0.0)
    in_step, wall = state.get("in_step", 0.0), state.get("wall_seconds", 0.0) + unsaved
    used = run_record.used(job, steps, seconds, in_step, wall)
    progress = budget.parse(job.run.budget).used(seconds, used.target_pictures, steps)
    name, reason = _status(job, ended, memory_was_short)
    written = record.Record(
        **job.blank_record,
        environment=environment.describe(None, job.device),
        status=record.Status(name, steps, progress, reason),
        used=used,
        first_losses=state.get("first_losses", {}),
        snapshots=tuple(record.Moment(**m) for m in state.get("snapshots", [])),
        film=tuple(record.Moment(**m) for m in state.get("film", [])),
        extended=tuple(record.Extension(**each) for each in state.get("extended", [])),
        sha256=state.get("sha256", {}),
    )
    record.write(job.folder, written)


def _saved(folder: Path, seconds: float) -> tuple[dict[str, Any], float]:
    """What the newest sound checkpoint tells, and how many of the last `seconds` it does not count.

    Nothing without one, and all of them.
    """
    try:
        found = checkpoint.find(folder)
    except InputError:
        found = None
    if found is None:
        return {}, seconds
    place, state, _ = found
    return state, min(seconds, max(0.0, time.time() - place.stat().st_mtime))


def _status(
    job: TrainJob, ended: child_process.Ended, memory_was_short: bool
) -> tuple[record.StatusName, str]:
    killed = ended.code == -signal.SIGKILL and ended.silent is None
    if memory_was_short and killed:
        return "out_of_memory", f"{OUT_OF_MEMORY}; {job.memory_advice}"
    return "failed", ended.how()


def killings_for_memory() -> int | None:
    """How many processes this machine has killed for memory since it started; None: not known."""
    try:
        counters = Path("/proc/vmstat").read_text(encoding="ascii")
    except OSError:
        return None
    found = [line.split()[1] for line in counters.splitlines() if line.startswith("oom_kill ")]
    return int(found[0]) if found else None
