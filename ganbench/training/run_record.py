"""How far a run has come, and the record of how it ended."""

import time
from contextlib import suppress
from functools import cached_property
from typing import Any

from ganbench import budget, record
from ganbench.jobs import TrainJob
from ganbench.system import environment, files
from ganbench.training import history
from ganbench.training.clock import Clock
from ganbench.training.history import History
from ganbench.training.parent import Parent
from ganbench.training.snapshots import Kept


class RunState:
    """All that changes while a run goes on, beside its trainer: there before anything is built."""

    def __init__(self, job: TrainJob):
        self.job = job
        self.budget = budget.parse(job.run.budget)
        self.steps = 0
        self.clock = Clock()
        self.kept = Kept()
        self.history = History(job.folder / history.NAME)
        self.first_losses: dict[str, float] = {}
        self.extended: tuple[record.Extension, ...] = ()
        self.start_seconds: float | None = None
        self.compile_seconds: float | None = None
        self.launches = ""  # how a GPU is told of a step
        self.earlier_wall = 0.0  # seconds of processes before this one
        self.began = time.perf_counter()

    @property
    def pictures(self) -> int:
        """Target pictures shown so far."""
        return self.steps * self.job.batch

    @property
    def wall_seconds(self) -> float:
        """Seconds of this run's processes so far."""
        return self.earlier_wall + time.perf_counter() - self.began

    def progress(self, steps: int | None = None) -> float:
        """Used fraction of the budget, after `steps` or as it stands."""
        steps = self.steps if steps is None else steps
        return self.budget.used(self.clock.seconds, steps * self.job.batch, steps)

    def now(self) -> record.Moment:
        """Where the run stands."""
        seconds = round(self.clock.seconds, 4)
        return record.Moment(self.steps, self.progress(), seconds, self.pictures, "")

    @cached_property
    def surroundings(self) -> dict[str, Any]:
        """Versions, hardware and threads."""
        run = self.job.run
        precision = run.settings.get("precision", "fp32")
        facts = environment.describe(run.framework, self.job.device, precision)
        asked = {"threads_asked": self.job.threads} if self.job.threads else {}
        return facts | asked | self.job.ranks_told


def finish(
    state: RunState,
    parent: Parent,
    status: record.StatusName,
    reason: str = "",
    since: int | None = None,
) -> None:
    """Write the record. `since`: the step that the status is about, if not the last."""
    state.history.flush()
    step = state.steps if since is None else since
    kept = state.kept
    written = record.Record(
        **state.job.blank_record,
        environment=state.surroundings | _launches(state),
        status=record.Status(status, step, state.progress(), reason),
        used=used(
            state.job, state.steps, state.clock.seconds, state.clock.in_step, state.wall_seconds
        ),
        cost=_cost(state),
        first_losses=state.first_losses,
        snapshots=tuple(kept.snapshots),
        film=tuple(kept.film),
        views=kept.views,
        extended=state.extended,
        sha256=kept.sha256 | _digest_of_log(state),
    )
    record.write(state.job.folder, written)
    with suppress(files.WriteError):  # the record stands
        parent.event("status", status=status, step=step, reason=reason)


def used(job: TrainJob, steps: int, seconds: float, in_step: float, wall: float) -> record.Used:
    """What a run of `job` has used after `steps` and so many seconds of each kind."""
    shown, counts = steps * job.batch, job.counts
    sources = shown if job.run.source == "pictures" else 0
    return record.Used(
        steps=steps,
        seconds=seconds,
        target_pictures=shown,
        source_pictures=sources,
        unique_targets=min(shown, counts.target),
        unique_sources=min(sources, counts.source),
        seconds_in_step=in_step,
        wall_seconds=wall,
    )


def _cost(state: RunState) -> record.Cost:
    seconds, job = state.clock.seconds, state.job
    joules = state.clock.meter.joules
    peak, kind = environment.peak_memory(job.run.framework, job.device)
    return record.Cost(
        pictures_per_second=state.pictures / seconds if seconds else None,
        peak_memory_bytes=peak,
        memory_kind=kind,
        parameters=job.parameters,
        flop_per_step=job.flop_per_step,
        start_seconds=state.start_seconds,
        compile_seconds=state.compile_seconds,
        energy_joules=joules,
        energy_kind="" if joules is None else "GPU" if job.device.startswith("cuda") else "CPU",
    )


def _launches(state: RunState) -> dict[str, str]:
    return {"launches": state.launches} if state.launches else {}


def _digest_of_log(state: RunState) -> dict[str, str]:
    """The digest of history.csv, if there is one."""
    path = state.history.path
    if not path.exists():
        return {}
    with files.writing(path):
        files.sync(path)  # as the record will be
        return {path.name: files.sha256(path)}
