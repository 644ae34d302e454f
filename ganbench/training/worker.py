"""The process of one run: train, take snapshots, leave a record. It meets one framework."""

import signal
import time
import traceback
from contextlib import suppress

import numpy as np

from ganbench import record
from ganbench.data import batches, split
from ganbench.data.store import Domain, open_domain
from ganbench.errors import first_line
from ganbench.jobs import TrainJob
from ganbench.system import child_process, energy, environment, files
from ganbench.system.user_errors import USER_ERRORS
from ganbench.training import build, checkpoint, loop, warm_up
from ganbench.training.clock import Clock
from ganbench.training.failure_watch import REAL, Diverged, Scale, Watch, scale
from ganbench.training.parent import Channel, Parent, Stopped
from ganbench.training.resume import Resumable, forgetting
from ganbench.training.run_record import RunState, finish
from ganbench.training.siblings import Siblings
from ganbench.training.snapshots import PROBE, Snapshots
from ganzoo.errors import raised_at

OUT_OF_MEMORY = ("OutOfMemory", "allocate memory", "ALLOC_FAILED", "OOM when", "ResourceExhausted")
READ_EVERY = 10  # steps between two looks at the losses on an accelerator, which must wait for it


class Worker:
    """A run that is ready to train."""

    def __init__(self, job: TrainJob, state: RunState, parent: Parent):
        self.job, self.state, self.parent = job, state, parent
        run = job.run
        self.trainer = build.trainer(job)
        if job.ranks > 1:
            self.trainer = build.lead(self.trainer, job)
        state.start_seconds = time.perf_counter() - state.began
        alone = job.ranks == 1 or job.device == "cpu"  # else other GPUs work too
        counters = energy.counters(run.framework, job.device) if alone else []
        state.clock = Clock(meter=energy.Meter(counters))
        self.split = split.Split(run.held_out, run.judge_on)
        self.source = open_domain(job.source_folder) if job.source_folder else None
        self.target = open_domain(job.target_folder)
        self.stream = self._stream()
        probes = self._probes()
        self.watch = Watch(self._expected(probes))
        self.snapshots = Snapshots(
            run, job.folder, state.kept, self.trainer, probes, self.watch, parent
        )
        self.resumable = Resumable(state, self.trainer, self.watch, parent)
        self.said = self.saved = 0.0  # when we last told how far we are, and saved
        parent.alive()

    def let_go(self) -> None:
        """Go on alone: what comes after training needs no other rank."""
        if self.job.ranks > 1:
            self.trainer.end()

    def _stream(self) -> batches.Ahead:
        """The pictures of every step."""
        run = self.job.run

        def look(domain: Domain, purpose: int) -> batches.PictureStream:
            places = self.split.trained(domain)
            return batches.PictureStream(
                domain.pictures, run.seed, purpose, run.flip, run.jitter, places
            )

        target = look(self.target, batches.TARGET)
        if run.source == "noise":
            source = run.settings["latent"]
        else:
            assert self.source
            source = look(self.source, batches.SOURCE)
        return batches.Ahead(batches.Stream(source, target, self.job.batch, run.seed))

    def _probes(self) -> np.ndarray | batches.Probes:
        """The sources that every model of the suite is judged by; the first 16 make the film."""
        run = self.job.run
        if run.source == "noise":
            return batches.probe_latents(run.samples, run.settings["latent"])
        assert self.source
        order = batches.ordered(self.source, self.split.judged(self.source))
        return batches.Probes(self.source.pictures, order[: run.samples])

    def _expected(self, probes: np.ndarray | batches.Probes) -> Scale:
        """What real pictures look like, for those of the model to be held against."""
        source = probes[:PROBE] if self.job.run.source == "pictures" else None
        return scale(self._real(REAL), source)

    def _real(self, count: int) -> np.ndarray:
        """Some target pictures that the model is judged by."""
        return batches.first(self.target, self.split.judged(self.target), count)

    def train(self) -> None:
        """Train until the budget is used, we are told to stop or the run is given up."""
        resumed = self.resumable.restore()
        if self.given_up:
            return
        self.snapshots.begin(self.state.now())
        self.snapshots.keep_due(self.state.now())  # what a stop has cut off
        self.warm_up(resumed)
        self.saved = time.perf_counter()
        self.state.steps = loop.train(
            self.trainer,
            self.stream,
            self.state.clock,
            self.state.steps,
            self.state.progress,
            self.due,
            self.between,
        )
        self._note_launches()  # a kind of step that is rare may have been refused since

    def warm_up(self, resumed: bool) -> None:
        """Take steps that count for nothing, until kernels and caches are ready, and forget them.

        A run that begins on a CPU also finds out how many threads suit it, where that is open.
        """
        with forgetting(self.trainer, self.job.folder / ".warm-up"):
            taken = [self._rehearse() for _ in range(getattr(self.trainer, "rehearsals", 2))]
            usual = taken[-1][0]
            self.state.compile_seconds = max(0.0, sum(seconds - usual for seconds, _ in taken))
            if self.state.steps == 0:
                self.state.first_losses = taken[0][1]
            if not resumed and self.job.threads_are_open:
                warm_up.choose_threads(lambda: self._rehearse()[0])

        self._note_launches()

    def _note_launches(self) -> None:
        """Keep how a GPU is told of a step, and warn where that is slower than it could be."""
        before, self.state.launches = self.state.launches, getattr(self.trainer, "launches", "")
        slow = self.state.launches not in ("", "one graph a step") and not self.job.eager
        if slow and self.state.launches != before:
            reason = f"the GPU is told of a step {self.state.launches}"
            self.parent.event("warning", about="launches", reason=reason)

    def _rehearse(self) -> tuple[float, dict[str, float]]:
        """Take one step; returns its seconds and losses. Stopped when we are to stop."""
        self.parent.breathe()
        batch, began = self.stream.batch(self.state.steps), time.perf_counter()
        losses = loop.read(self.trainer.step(*batch), self.state.steps)
        return time.perf_counter() - began, losses

    @property
    def given_up(self) -> bool:
        """Is this a collapsed run that shall not go on?"""
        return self.job.stop_collapsed and self.watch.collapse is not None

    def due(self, steps: int, progress: float) -> bool:
        """Is there anything to do between two steps?"""
        looks = self._reads(steps) or self.snapshots.is_due(progress)
        return looks or progress >= 1 or self.parent.wants_stop

    def _reads(self, steps: int) -> bool:
        """Are the losses read after this step, whatever else happens?"""
        return self.job.device == "cpu" or steps % READ_EVERY == 0

    def between(self, steps: int, progress: float, losses: dict[str, float]) -> bool:
        """Write down, look, save; off the clock. Returns False to stop."""
        state = self.state
        state.steps = steps
        state.history.add(state.now(), losses, environment.process_bytes())
        now = time.perf_counter()
        if now - self.said > self.job.message_seconds or progress >= 1:
            self.said = now
            self._say(progress, losses)
        if self._reads(steps):  # a stop in between must not be one more look
            self.watch.losses(steps, losses)
        with suppress(Stopped):
            self.snapshots.keep_due(state.now())
        ending = self.parent.wants_stop or self.given_up
        if ending or progress >= 1 or now - self.saved > self.job.checkpoint_seconds:
            self.resumable.save()
            self.saved = time.perf_counter()
        return not ending

    def _say(self, progress: float, losses: dict[str, float]) -> None:
        """Tell the parent how far we are."""
        state, seconds = self.state, self.state.clock.seconds
        self.parent.progress(
            step=state.steps,
            progress=progress,
            pictures=state.pictures,
            pictures_per_second=state.pictures / seconds if seconds else 0.0,
            seconds_left=seconds * (1 - progress) / progress if progress else None,
            losses=losses,
            status="collapsed" if self.watch.collapse else "training",
        )

    def conclude(self) -> None:
        """Write the record of a run that is over: interrupted, done, or collapsed since a step."""
        progress, found = self.state.progress(), self.watch.collapse
        if self.parent.wants_stop and progress < 1:
            finish(self.state, self.parent, "interrupted")
            return
        self.snapshots.show(self._real(PROBE))
        if found is None:
            finish(self.state, self.parent, "done")
        else:
            early = f"; stopped at step {self.state.steps:,}" if progress < 1 else ""
            finish(self.state, self.parent, "collapsed", found.reason + early, found.step)
        checkpoint.remove_previous(self.job.folder)


def work(job: TrainJob, channel: Channel) -> None:
    """Carry one job out to its record, whatever happens."""
    parent, state = Parent(job.folder, channel), RunState(job)
    siblings = Siblings(job, lambda why: finish(state, parent, *_failed(job, why)))
    signal.signal(signal.SIGINT, parent.stop)
    signal.signal(signal.SIGTERM, parent.stop)
    try:
        files.sweep_all(job.folder)  # of ourselves, killed before; the run is claimed
        siblings.start()
        worker = Worker(job, state, parent)
        parent.event("started")
        worker.train()
        worker.let_go()
        siblings.end()
        worker.conclude()
        return
    except Exception as error:
        ended = _ended(job, state, siblings, error)
    siblings.end()
    finish(state, parent, *ended)


def _ended(
    job: TrainJob, state: RunState, siblings: Siblings, error: Exception
) -> tuple[record.StatusName, str]:
    """Status of a run that did not come to its end, and its reason."""
    if isinstance(error, Stopped):
        return "interrupted", ""
    if isinstance(error, Diverged):
        state.steps = error.step
        return "diverged", str(error)
    if isinstance(error, USER_ERRORS):
        return "failed", " ".join(filter(None, (str(error), error.hint)))
    files.write_text(job.folder / "error.txt", traceback.format_exc())
    place = "" if isinstance(error, MemoryError) else _in_plugin(job, error)
    error.with_traceback(None)  # what the step held is room for the record, and may be used again
    why = siblings.why()  # for what a lost rank did to us tells nothing
    reason = why or first_line(error) + place
    return _failed(job, reason, isinstance(error, MemoryError) and not why)


def _in_plugin(job: TrainJob, error: Exception) -> str:
    """Where in a plugin's file an error arose, in brackets; empty if it was elsewhere."""
    file = job.run.address.rpartition(":")[0]
    place = raised_at(error, file) if file.endswith(".py") else ""
    return f" ({place})" if place else ""


def _failed(
    job: TrainJob, reason: str, out_of_memory: bool = False
) -> tuple[record.StatusName, str]:
    """Status of a run that an error has ended, and its reason."""
    if out_of_memory or any(words in reason for words in OUT_OF_MEMORY):
        return "out_of_memory", f"{reason}; {job.memory_advice}"
    return "failed", reason


if __name__ == "__main__":
    child_process.serve(TrainJob, work)
