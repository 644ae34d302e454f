"""A run saved and continued: all that an exact resume needs goes through here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ganbench.errors import InputError
from ganbench.record import Extension
from ganbench.system import files, frameworks
from ganbench.training import checkpoint
from ganbench.training.clock import Clock
from ganbench.training.failure_watch import Watch
from ganbench.training.parent import Parent
from ganbench.training.run_record import RunState
from ganzoo.trainer import Trainer

CONDITIONS = ("threads", "device", "cpu", "gpu")


@dataclass(frozen=True)
class Resumable:
    """What of a run a checkpoint holds."""

    state: RunState
    trainer: Trainer
    watch: Watch
    parent: Parent

    def save(self) -> None:
        """Save all that a resume needs."""
        state = self.state
        state.history.flush()
        told = {
            "key": state.job.key,
            "conditions": self._conditions(),
            "steps": state.steps,
            "seconds": state.clock.seconds,
            "in_step": state.clock.in_step,
            "joules": state.clock.meter.joules,
            "wall_seconds": state.wall_seconds,
            "first_losses": state.first_losses,
            "extended": [asdict(extension) for extension in state.extended],
            "watch": self.watch.state(),
            "history": state.history.state(),
        }
        checkpoint.save(state.job.folder, self.trainer.save, told | state.kept.state())
        self.parent.alive()

    def restore(self) -> bool:
        """Continue from the newest sound checkpoint; False when there never was one."""
        folder = self.state.job.folder
        found = checkpoint.find(folder)
        if found is None:
            self.state.history.start()
            return False
        path, saved, problems = found
        for problem in problems:
            self._warn(f"{problem}; the checkpoint before it is used")
        self._check_run(saved)
        self._keep_threads(saved)
        self._compare_conditions(saved)
        self.trainer.load(path)
        self._restore_state(path, saved)
        if problems:
            checkpoint.discard_damaged(folder)
        self.parent.event("resumed", step=self.state.steps)
        return True

    def _restore_state(self, path: Path, saved: dict[str, Any]) -> None:
        state = self.state
        state.steps = saved["steps"]
        meter = state.clock.meter.after(saved.get("joules"))
        state.clock = Clock(saved["seconds"], saved["in_step"], meter)
        state.earlier_wall = saved["wall_seconds"]
        state.first_losses = saved["first_losses"]
        state.extended = tuple(Extension(**each) for each in saved.get("extended", ()))
        if "watch" in saved:
            self.watch.restore(saved["watch"])
        for name in state.kept.restore(saved, state.job.folder):
            self._warn(f"{name} is damaged: it is not what this run wrote")
        if not state.history.restore(saved.get("history"), path, state.steps):
            lost = f"its rows up to step {state.steps:,} are lost"
            self._warn(f"history.csv is damaged, and so is its copy: {lost}")

    def _check_run(self, saved: dict[str, Any]) -> None:
        """InputError when it was another run that saved."""
        job = self.state.job
        if saved.get("key", job.key) != job.key:
            raise InputError(
                f"the checkpoint in {job.folder} is of another run ({saved['key']})",
                f"remove {job.folder} to start this run over",
            )

    def _keep_threads(self, saved: dict[str, Any]) -> None:
        """Go on with as many threads as before, unless somebody has named their number."""
        before = saved.get("conditions", {}).get("threads")
        if before and self.state.job.threads_are_open:
            frameworks.set_torch_threads(before)

    def _compare_conditions(self, saved: dict[str, Any]) -> None:
        before, now = saved.get("conditions", {}), self._conditions()
        changed = [
            f"{name} {before[name]} -> {now[name]}"
            for name in now
            if name in before and before[name] != now[name]
        ]
        if changed:
            reason = f"goes on under other conditions ({', '.join(changed)}): the last bits differ"
            self.parent.event("warning", about="conditions", reason=reason)

    def _conditions(self) -> dict[str, Any]:
        """What the last bits of a run depend on, beside all that its key covers."""
        about, framework = self.state.surroundings, self.state.job.run.framework
        package = {"pytorch": "torch"}.get(framework, framework)
        version = about.get("packages", {}).get(package)
        facts = {name: about.get(name) for name in CONDITIONS} | {package: version}
        return facts | {"ranks": self.state.job.ranks}

    def _warn(self, reason: str) -> None:
        self.parent.event("warning", reason=reason)


@contextmanager
def forgetting(trainer: Trainer, folder: Path) -> Iterator[None]:
    """Bring a trainer back to where it was, whatever is done with it; `folder` is for its state."""
    files.remove(folder)
    try:
        with files.writing(folder):
            folder.mkdir(parents=True)
            trainer.save(folder)
        yield
        trainer.load(folder)
    finally:
        files.remove(folder)
