"""The record of a worker that ended before it could write one itself."""

import signal
from pathlib import Path

from ganbench import memory_forecast, record
from ganbench.errors import InputError
from ganbench.planning.plan import Plan, Planned
from ganbench.system import child_process, environment, files
from ganbench.training import checkpoint

OUT_OF_MEMORY = "its process was ended by the system for want of memory"


def bury(plan: Plan, planned: Planned, ended: child_process.Ended, memory_was_short: bool) -> None:
    """Write down how it ended, with what its checkpoint tells.

    `memory_was_short`: the system has killed somebody for memory in the meantime.
    """
    files.write_text(planned.folder / "error.txt", ended.words + "\n")
    try:
        found = checkpoint.find(planned.folder)
    except InputError:
        found = None
    state = found[1] if found else {}
    steps, batch = state.get("steps", 0), planned.run.settings["batch"]
    name: record.StatusName = "failed"
    reason = how(ended)
    if memory_was_short and ended.code == -signal.SIGKILL and ended.silent is None:
        name, reason = (
            "out_of_memory",
            f"{OUT_OF_MEMORY}; {memory_forecast.advice(plan.job(planned))}",
        )
    record.write(
        planned.folder,
        record.Record(
            **record.blank(plan.job(planned)),
            environment=environment.describe(None, plan.device),
            status=record.Status(name, steps, 0.0, reason),
            used=record.Used(
                steps=steps, seconds=state.get("seconds", 0.0), target_pictures=steps * batch
            ),
            snapshots=tuple(record.Moment(**m) for m in state.get("snapshots", [])),
            film=tuple(record.Moment(**m) for m in state.get("film", [])),
            sha256=state.get("sha256", {}),
        ),
    )


def how(ended: child_process.Ended) -> str:
    """How a process ended that left no result, in a line."""
    if ended.silent is not None:
        return f"its process gave no sign of life for {ended.silent:.0f} s and was ended"
    for message in ended.messages:
        if message["kind"] == "error":  # for instance that the disk did not take the record
            return str(message["message"])
    how = f"ended with code {ended.code} and without a record"
    if ended.code < 0:
        how = f"was killed by {child_process.describe_signal(-ended.code)}"
    return f"its process {how}: {_last_words(ended.words)}".rstrip(": ")[:300]


def _last_words(words: str) -> str:
    """What Python says of a crash comes first, with the stack after it; all else comes last."""
    lines = words.splitlines() or [""]
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    return (fatal or lines)[-1]


def killings_for_memory() -> int | None:
    """How many processes this machine has killed for memory since it started; None: not known."""
    try:
        counters = Path("/proc/vmstat").read_text(encoding="ascii")
    except OSError:
        return None
    found = [line.split()[1] for line in counters.splitlines() if line.startswith("oom_kill ")]
    return int(found[0]) if found else None
