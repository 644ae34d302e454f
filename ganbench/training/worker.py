"""The process of one run: train, take snapshots, leave a record. It meets one framework."""

import signal
import time
import traceback
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import budget, memory_forecast, record
from ganbench.data import batches
from ganbench.data.batches import first
from ganbench.data.store import Domain, open_domain
from ganbench.errors import USER_ERRORS, InputError, first_line
from ganbench.jobs import Run
from ganbench.system import child_process, environment, files, frameworks
from ganbench.training import checkpoint, history, loop
from ganbench.training.clock import Clock
from ganbench.training.failure_watch import REAL, Diverged, Scale, Watch, scale
from ganbench.training.snapshots import PROBE, Album, Stopped
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

OUT_OF_MEMORY = ("OutOfMemory", "allocate memory", "ALLOC_FAILED", "OOM when", "ResourceExhausted")
CONDITIONS = ("threads", "device", "cpu", "gpu")
READ_EVERY = 10  # steps between two looks at the losses on an accelerator, which must wait for it


class Worker:
    """One run, from its job to its record."""

    def __init__(self, job: dict[str, Any], channel: child_process.Channel):
        self.began = time.perf_counter()
        self.job, self.channel = job, channel
        self.folder = Path(job["folder"])
        self.run = Run(**{**job["run"], "data": tuple(job["run"]["data"])})
        self.device: str = job["device"]
        self.budget = budget.parse(self.run.budget)
        self.told_to_stop = False
        self.steps = 0
        self.clock = Clock()
        self.album = Album(self.run, self.folder, self.event, self.breathe)
        self.earlier_wall = 0.0
        self.said = 0.0
        self.start_seconds: float | None = None
        self.compile_seconds: float | None = None
        self.first_losses: dict[str, float] = {}

    # Building

    def build(self) -> None:
        """Make the trainer and its stream of pictures."""
        frameworks.prepare(self.run.framework, self.job["threads"], self.device)
        name, address, framework = self.run.model, self.run.address, self.run.framework
        kind = registry.load(registry.Model(name, address, framework))
        self.settings = resolve(kind.Settings, name, self.run.settings)
        task = Task(self.run.size, self.run.seed, self.device)
        self.trainer = kind(self.settings, task)
        self.start_seconds = time.perf_counter() - self.began
        self.source = open_domain(Path(self.job["source_folder"]))
        self.target = open_domain(Path(self.job["target_folder"]))
        self.stream = self.make_stream()
        self.probes = self.choose_probes()
        self.history = history.History(self.folder / "history.csv")
        self.watch = Watch(self.expected())
        self.album.open(self.trainer, self.probes, self.watch)
        self.channel.send("alive")

    def make_stream(self) -> batches.Ahead:
        """The pictures of every step."""
        run = self.run

        def look(domain: Domain, purpose: int) -> batches.PictureStream:
            return batches.PictureStream(domain.pictures, run.seed, purpose, run.flip, run.jitter)

        noise = run.source == "noise"
        source = self.settings.latent if noise else look(self.source, batches.SOURCE)
        target = look(self.target, batches.TARGET)
        return batches.Ahead(batches.Stream(source, target, self.settings.batch, run.seed))

    def choose_probes(self) -> np.ndarray | batches.Probes:
        """The sources that every model of the suite is judged by; the first 16 make the film."""
        if self.run.source == "noise":
            return batches.probe_latents(self.run.samples, self.settings.latent)
        return batches.Probes(self.source.pictures, self.source.names, self.run.samples)

    def expected(self) -> Scale:
        """What real pictures look like, for those of the model to be held against."""
        source = self.probes[:PROBE] if self.run.source == "pictures" else None
        return scale(first(self.target, REAL), source)

    # Training

    def train(self) -> None:
        """Train until the budget is used, we are told to stop or the run is given up."""
        self.resume()
        if self.given_up:
            return
        self.album.begin(self.now())
        self.album.keep_due(self.now())  # what a stop has cut off
        self.warm_up()
        self.saved = time.perf_counter()
        self.steps = loop.train(
            self.trainer,
            self.stream,
            self.clock,
            self.steps,
            self.progress,
            self.due,
            self.between,
        )

    def resume(self) -> None:
        """Continue from the newest sound checkpoint, if there is one."""
        found = checkpoint.find(self.folder)
        if found is None:
            self.history.start()
            return
        path, state, problems = found
        for problem in problems:
            self.event("warning", reason=f"{problem}; the checkpoint before it is used")
        self.compare(state)
        self.trainer.load(path)
        self.steps = state["steps"]
        self.clock = Clock(state["seconds"], state["in_step"])
        self.album.restore(state)
        self.earlier_wall = state["wall_seconds"]
        self.first_losses = state["first_losses"]
        if "watch" in state:
            self.watch.restore(state["watch"])
        self.history.restore(path, self.steps)
        if problems:
            checkpoint.discard_damaged(self.folder)
        self.event("resumed", step=self.steps)

    def compare(self, state: dict[str, Any]) -> None:
        """Hold what saved a checkpoint against ourselves; InputError when it is another run."""
        if state.get("key", self.job["key"]) != self.job["key"]:
            raise InputError(
                f"the checkpoint in {self.folder} is of another run ({state['key']})",
                f"remove {self.folder} to start this run over",
            )
        before, now = state.get("conditions", {}), self.conditions
        changed = [
            f"{name} {before[name]} -> {now[name]}"
            for name in now
            if name in before and before[name] != now[name]
        ]
        if changed:
            reason = f"goes on under other conditions ({', '.join(changed)}): the last bits differ"
            self.event("warning", about="conditions", reason=reason)

    @property
    def conditions(self) -> dict[str, Any]:
        """What the last bits of a run depend on, beside all that its key covers."""
        about = self.surroundings
        package = {"pytorch": "torch"}.get(self.run.framework, self.run.framework)
        version = about.get("packages", {}).get(package)
        return {name: about.get(name) for name in CONDITIONS} | {package: version}

    @cached_property
    def surroundings(self) -> dict[str, Any]:
        """Versions, hardware and threads."""
        precision = self.run.settings.get("precision", "fp32")
        return environment.describe(self.run.framework, self.device, precision)

    def warm_up(self) -> None:
        """Take a few steps that count for nothing and forget them: kernels and caches are ready."""
        folder = self.folder / ".warm-up"
        files.remove(folder)
        try:
            with files.writing(folder):
                self.trainer.save(folder)
            (first, losses), (second, _) = self.rehearse(), self.rehearse()
            self.compile_seconds = max(0.0, first - second)
            if self.steps == 0:
                self.first_losses = losses
            self.trainer.load(folder)
        finally:
            files.remove(folder)

    def rehearse(self) -> tuple[float, dict[str, float]]:
        """Take one step; returns its seconds and losses. Stopped when we are to stop."""
        self.breathe()
        batch, began = self.stream.batch(self.steps), time.perf_counter()
        losses = loop.read(self.trainer.step(*batch), self.steps)
        return time.perf_counter() - began, losses

    @property
    def stopping(self) -> bool:
        """Were we told to stop, or is our parent gone?"""
        return self.told_to_stop or self.channel.gone

    @property
    def given_up(self) -> bool:
        """Is this a collapsed run that shall not go on?"""
        return self.job["stop_collapsed"] and self.watch.collapse is not None

    def progress(self, steps: int) -> float:
        """Used fraction of the budget."""
        return self.budget.used(self.clock.seconds, steps * self.settings.batch, steps)

    def due(self, steps: int, progress: float) -> bool:
        """Is there anything to do between two steps?"""
        return self.stopping or progress >= 1 or self.reads(steps) or self.album.is_due(progress)

    def reads(self, steps: int) -> bool:
        """Are the losses read after this step, whatever else happens?"""
        return self.device == "cpu" or steps % READ_EVERY == 0

    def between(self, steps: int, progress: float, losses: dict[str, float]) -> bool:
        """Write down, look, save; off the clock. Returns False to stop."""
        self.steps = steps
        self.history.add(self.now(), losses, environment.process_bytes())
        now = time.perf_counter()
        if now - self.said > self.job["message_seconds"] or progress >= 1:
            self.said = now
            self.say(progress, losses)
        if self.reads(steps):  # a stop in between must not be one more look
            self.watch.losses(steps, losses)
        with suppress(Stopped):
            self.album.keep_due(self.now())
        ending = self.stopping or self.given_up
        if ending or progress >= 1 or now - self.saved > self.job["checkpoint_seconds"]:
            self.save()
        return not ending

    def now(self) -> record.Moment:
        """Where the run stands."""
        pictures = self.steps * self.settings.batch
        return record.Moment(
            self.steps, self.progress(self.steps), round(self.clock.seconds, 4), pictures, ""
        )

    def save(self) -> None:
        """Save all that a resume needs."""
        state = {
            "key": self.job["key"],
            "conditions": self.conditions,
            "steps": self.steps,
            "seconds": self.clock.seconds,
            "in_step": self.clock.in_step,
            "wall_seconds": self.wall_seconds(),
            "first_losses": self.first_losses,
            "watch": self.watch.state(),
        } | self.album.state()
        self.history.flush()
        checkpoint.save(self.folder, self.save_state, state)
        self.channel.send("alive")
        self.saved = time.perf_counter()

    def save_state(self, folder: Path) -> None:
        """Write what is in memory and grows with the run."""
        self.trainer.save(folder)
        self.history.save(folder)

    # Telling

    def breathe(self) -> None:
        """Give a sign of life in the middle of drawing; Stopped when we are to stop."""
        if self.stopping:
            raise Stopped
        self.channel.send("alive")

    def say(self, progress: float, losses: dict[str, float]) -> None:
        """Tell the parent how far we are."""
        seconds = self.clock.seconds
        self.channel.send(
            "progress",
            step=self.steps,
            progress=progress,
            pictures=self.steps * self.settings.batch,
            pictures_per_second=self.steps * self.settings.batch / seconds if seconds else 0.0,
            seconds_left=seconds * (1 - progress) / progress if progress else None,
            losses=losses,
            status="collapsed" if self.watch.collapse else "training",
        )

    def event(self, kind: str, **content: Any) -> None:
        """Add a line to the run's diary and tell the parent."""
        history.event(self.folder, kind, **content)
        self.channel.send("event", event=kind, **content)

    def wall_seconds(self) -> float:
        """Seconds of this run's processes so far."""
        return self.earlier_wall + time.perf_counter() - self.began

    def log_digest(self) -> dict[str, str]:
        """The digest of history.csv, if there is one."""
        path = self.folder / "history.csv"
        if not path.exists():
            return {}
        with files.writing(path):
            files.sync(path)  # as the record will be
            return {path.name: files.sha256(path)}

    def conclude(self) -> None:
        """Write the record of a run that came to its end: done, or collapsed since some step."""
        found = self.watch.collapse
        if found is None:
            self.finish("done")
            return
        early = f"; stopped at step {self.steps:,}" if self.progress(self.steps) < 1 else ""
        self.finish("collapsed", found.reason + early, found.step)

    def finish(self, status: record.StatusName, reason: str = "", since: int | None = None) -> None:
        """Write the record. `since`: the step that the status is about, if not the last."""
        if hasattr(self, "history"):
            self.history.flush()
        steps, batch = self.steps, getattr(getattr(self, "settings", None), "batch", 0)
        shown, seconds = steps * batch, self.clock.seconds
        at = steps if since is None else since
        peak, kind = environment.peak_memory(self.run.framework, self.device)
        pictures = self.run.source == "pictures"
        written = record.Record(
            **record.blank(self.job),
            environment=self.surroundings,
            status=record.Status(status, at, self.progress(steps) if batch else 0.0, reason),
            used=record.Used(
                steps=steps,
                seconds=seconds,
                target_pictures=shown,
                source_pictures=shown if pictures else 0,
                unique_targets=min(shown, self.job["counts"]["target"]),
                unique_sources=min(shown, self.job["counts"]["source"]) if pictures else 0,
                seconds_in_step=self.clock.in_step,
                wall_seconds=self.wall_seconds(),
            ),
            cost=record.Cost(
                pictures_per_second=shown / seconds if seconds else None,
                peak_memory_bytes=peak,
                memory_kind=kind,
                parameters=self.job["parameters"],
                flop_per_step=self.job["flop_per_step"],
                start_seconds=self.start_seconds,
                compile_seconds=self.compile_seconds,
            ),
            first_losses=self.first_losses,
            snapshots=tuple(self.album.snapshots),
            film=tuple(self.album.film),
            views=self.album.views,
            sha256=self.album.sha256 | self.log_digest(),
        )
        record.write(self.folder, written)
        with suppress(files.WriteError):  # the record stands
            self.event("status", status=status, step=at, reason=reason)


def work(job: dict[str, Any], channel: child_process.Channel) -> None:
    """Run one job to its record, whatever happens."""
    worker = Worker(job, channel)

    def stop(number: int, frame: Any) -> None:
        worker.told_to_stop = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        files.sweep_all(worker.folder)  # of ourselves, killed before; the run is claimed
        worker.build()
        worker.event("started")
        worker.train()
        if worker.stopping and worker.progress(worker.steps) < 1:
            worker.finish("interrupted")
            return
        worker.album.show(worker.target)
        worker.conclude()
        checkpoint.remove_previous(worker.folder)
    except Stopped:
        worker.finish("interrupted")
    except Diverged as error:
        worker.steps = error.step
        worker.finish("diverged", str(error))
    except USER_ERRORS as error:
        worker.finish("failed", " ".join(filter(None, (str(error), error.hint))))
    except Exception as error:
        files.write_text(worker.folder / "error.txt", traceback.format_exc())
        reason = first_line(error)
        out = isinstance(error, MemoryError) or any(words in reason for words in OUT_OF_MEMORY)
        if out:
            error.with_traceback(None)  # what the step held is room for the record
            worker.finish("out_of_memory", f"{reason}; {memory_forecast.advice(job)}")
        else:
            worker.finish("failed", reason)


if __name__ == "__main__":
    child_process.serve(work)
