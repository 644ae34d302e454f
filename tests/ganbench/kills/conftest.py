"""Runs that are killed: a nursery of cheap workers, their jobs, and what must come out of them."""

import functools
import importlib.util
import json
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganbench import record
from ganbench.jobs import TrainJob
from ganbench.planning import plan
from ganbench.planning.suite import from_values
from ganbench.system import child_process

MODELS = {
    "dcgan": "dcgan:width=4,latent=8,batch=2,dropout=0.5,augment=color-translation-cutout",
    "cyclegan-unet": "cyclegan-unet:width=4,d_width=4,d_layers=1,depth=2,dropout=0.5,history=4",
    "cyclegan-resnet": "cyclegan-resnet:width=4,d_width=4,d_layers=1,blocks=1,batch=2,history=5",
}
PASSING = ("seconds", "pictures_per_second", "memory_bytes")  # columns of history.csv


@dataclass(frozen=True)
class Life:
    """What became of a child."""

    code: int
    idle: float  # seconds until the clock of the kill ran
    seconds: float
    messages: list[dict[str, Any]]

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def step(self) -> int:
        """The last it spoke of; 0 before the first."""
        return max((m["step"] for m in self.messages if m["kind"] == "progress"), default=0)


class Nursery:
    """The test's end of nursery.py."""

    def __init__(self, framework: str, folder: Path):
        self.framework, self.folder = framework, folder
        script = Path(__file__).with_name("nursery.py")
        self._words = folder / "words.txt"
        with open(self._words, "wb") as words:
            self._process = subprocess.Popen(
                [sys.executable, str(script), framework],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                encoding="utf-8",
                env={
                    **os.environ,
                    "PYTHONPATH": str(script.parents[3]),
                    "OMP_NUM_THREADS": "1",
                    "CUDA_VISIBLE_DEVICES": "-1",
                },
            )

    def live(
        self,
        job: Any,
        seconds: float | None = None,
        stop_at: int | None = None,
        from_step: bool = False,
        forgetting: str = "",
        module: str = "ganbench.training.worker",
    ) -> Life:
        """Let a child do `job`, for `seconds` at most; it stops itself after step `stop_at`.

        `from_step`: the seconds count from its first step. `forgetting`: a function that does
        nothing in this child.
        """
        messages = self.folder / "messages.jsonl"
        messages.unlink(missing_ok=True)
        order = {
            "module": module,
            "job": child_process.plain(job),
            "seconds": seconds,
            "stop_at": stop_at,
        }
        order |= {"messages": str(messages), "from_step": from_step, "forgetting": forgetting}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self.words()
        life = Life(**json.loads(answer), messages=_lines(messages))
        assert life.killed or life.code == 0, self.words()
        return life

    def run(self, module: str, job: Any, *_: Any, **__: Any) -> child_process.Ended:
        """Stand in for `processes.run`."""
        life = self.live(job, module=module)
        last = [told for told in life.messages if told["kind"] in ("result", "error")]
        return child_process.Ended(0, tuple(last), "")

    def words(self) -> str:
        """What it wrote to standard error."""
        return self._words.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def _lines(path: Path) -> list[dict[str, Any]]:
    """Whole messages: the last may be cut."""
    whole = path.read_text().rpartition("\n")[0] if path.exists() else ""
    return [json.loads(line) for line in whole.splitlines()]


@pytest.fixture(scope="session")
def nursery(request, tmp_path_factory):
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    if importlib.util.find_spec("tensorflow") is None and request.param == "tensorflow":
        pytest.skip("TensorFlow is not installed")
    made = Nursery(request.param, tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def jobs(nursery, two_domains, tmp_path_factory) -> dict[str, TrainJob]:
    """A job for each built-in model, with all in it that a checkpoint could forget."""
    values = {
        "models": list(MODELS.values()),
        "frameworks": [nursery.framework],
        "data": str(two_domains),
        "size": 32,
        "jitter": 0.117,
        "budget": "60step",
        "profile": "small",
        "device": "cpu",
        "threads": 1,
        "samples": 8,
        "curve_samples": 4,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_process, "run", nursery.run)
        results = tmp_path_factory.mktemp("results")
        made = plan.make(from_values(values, "test"), results, lambda what, done, of: None)
    return {p.run.model: replace(made.job(p), message_seconds=0.0) for p in made.runs}


@pytest.fixture(scope="session")
def job_of(jobs, tmp_path_factory):
    """Make the job of a fresh run, which saves after every step."""

    def make(model: str, steps: int, **more: Any) -> TrainJob:
        job, folder = jobs[model], tmp_path_factory.mktemp(model) / "run"
        run = replace(job.run, budget=f"{steps}step")
        return replace(job, run=run, folder=folder, **{"checkpoint_seconds": 0.0, **more})

    return make


@pytest.fixture(scope="session")
def undisturbed(nursery, job_of):
    """What a run leaves that nobody disturbs, and how it lived."""

    @functools.cache
    def live(model: str, steps: int) -> tuple[dict[str, Any], Life]:
        job = job_of(model, steps)
        life = nursery.live(job, from_step=True)
        return results(job, steps), life

    return live


@dataclass(frozen=True)
class Blow:
    """One kill: the last step that the victim spoke of, and what it left half done."""

    step: int
    drafts: tuple[str, ...]
    recorded: bool


@pytest.fixture(scope="session")
def torment(nursery, job_of, undisturbed, chance):
    """Kill a run at random moments, let it finish, and hold it against an undisturbed one.

    Half of the moments are drawn over a whole life, half over what follows the first step.
    """

    def live(model: str, steps: int, kills: int) -> list[Blow]:
        known, whole = undisturbed(model, steps)
        job = job_of(model, steps)
        blows: list[Blow] = []
        while len(blows) < kills and not any(blow.recorded for blow in blows):
            late = bool(chance.random() < 0.5)
            moment = chance.uniform(0, whole.seconds - late * whole.idle)
            life = nursery.live(job, moment, from_step=late)
            if not life.killed:
                break
            blows.append(blow_of(life, job))
        else:
            if not recorded(job):
                nursery.live(job)
        assert results(job, steps) == known
        assert drafts(job) == () or any(blow.recorded for blow in blows)
        return blows

    return live


def blow_of(life: Life, job: Any) -> Blow:
    blow = Blow(life.step, drafts(job), recorded(job))
    half = ", ".join(blow.drafts) or "nothing half done"
    print(f"killed after step {blow.step} and {life.seconds:.2f} s: {half}")
    return blow


def recorded(job: Any) -> bool:
    """Would `ganbench run` take this run for finished?"""
    return (job.folder / "record.json").exists()


def drafts(job: Any) -> tuple[str, ...]:
    """What is in the run's folder but not in its place."""
    return tuple(sorted(path.name for path in job.folder.rglob(".*")))


@pytest.fixture(scope="session")
def results_of():
    """Read what a finished run left, for comparison."""
    return results


def results(job: Any, steps: int) -> dict[str, Any]:
    """All that a run of `steps` must repeat bit for bit: weights, history, pictures, record."""
    folder = job.folder
    found: dict[str, Any] = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for pattern in ("checkpoint/state.*", "samples/[!.]*", "film/[!.]*", "views/[!.]*")
        for path in folder.glob(pattern)
    }
    assert len(found) >= 2 + 2 * 4 + 16 + 2
    made = record.read(folder)
    assert (made.status.name, made.used.steps) == ("done", steps)
    moments = [(m.step, m.progress, m.pictures, m.file) for m in (*made.film, *made.snapshots)]
    found["record"] = (moments, made.views, made.first_losses, made.used.target_pictures)
    return found | {"history": history(folder, steps)}


def history(folder: Path, steps: int) -> list[list[str]]:
    """history.csv without seconds, speed and memory; no step is missing and none is there twice."""
    head, *rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    kept = [i for i, name in enumerate(head) if name not in PASSING]
    assert [int(row[0]) for row in rows] == list(range(1, steps + 1))
    assert {len(row) for row in rows} == {len(head)} and len(kept) >= 4
    return [[row[i] for i in kept] for row in [head, *rows]]


@pytest.fixture(scope="session")
def chance() -> np.random.Generator:
    """Draws the moments; GANBENCH_KILL_SEED repeats the draws of an earlier session."""
    seed = int(os.environ.get("GANBENCH_KILL_SEED") or secrets.randbits(32))
    print(f"GANBENCH_KILL_SEED={seed}")
    return np.random.default_rng(seed)
