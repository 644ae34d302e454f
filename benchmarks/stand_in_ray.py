"""A stand-in of Ray: everything of the driver is real, and the nodes are played in its process.

Whoever measures the driver needs no machines, no processes and no waiting. A node sends what
`ganbench.runner.cluster.node` would, in the same order: files as a worker leaves them, brought by
our own outbox. Who answers when, and who dies in the middle of what, is drawn by lot from a seed. A
node that has died is another one then: it has none of the pictures. What the play itself takes is
counted apart (`Spent`), so that the rest is the driver's.
"""

import cProfile
import random
import shutil
import socket
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ganbench import record
from ganbench.jobs import TrainJob
from ganbench.runner.cluster.connection import Cluster, machines
from ganbench.runner.cluster.outbox import Outbox
from ganbench.system import child_process, files
from ganbench.training import checkpoint

ANSWERS = 0.2  # share of the nodes that have something to tell whenever they are asked
MOST_TOLD = 12  # messages of one answer
LONGEST = 35  # messages of a run, about: a node that dies does so before one of them
METRICS = 12
MEMORY = Path("/dev/shm")  # where the nodes' disks are, so that they cost next to nothing

Message = dict[str, Any]
Told = Generator[Message, Message | None, None]  # what a node tells; it is sent what it asks for


class RayError(Exception):
    """A node is gone."""


class RayTaskError(RayError):
    """Our code has failed on a node; nobody here does."""


@dataclass
class Spent:
    """What the play took, not the driver."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(eq=False)
class Ref:
    """Something that is there, or will be."""

    value: Any = None
    is_there: bool = True
    is_lost: bool = False


@dataclass(eq=False)
class Method:
    """Something that an actor is asked to do."""

    remote: Callable[..., Ref]


@dataclass(eq=False)
class Place:
    """A node: its number changes when it dies."""

    identity: str
    pictures: set[str] = field(default_factory=set)  # content keys of sets that it has


class Actor:
    """One run, and the node that it is on once one is free."""

    def __init__(self, stage: "Stage"):
        self._stage = stage
        self.place: Place | None = None
        self._task: Message = {}
        self._asked: Ref | None = None
        self._told: Told | None = None
        self._given: Message | None = None
        self._waits = False  # for what it has asked the driver for
        self._left = stage.life()  # messages until its node dies
        self.scratch: Path | None = None
        calls = (self._begin, self._poll, self._give, self._stop)
        self.begin, self.poll, self.give, self.stop = map(Method, calls)

    def put(self, place: Place, scratch: Path) -> None:
        self.place, self.scratch = place, scratch
        self._told = played(self._task, place, scratch)

    def _begin(self, task: Message) -> Ref:
        self._task = task
        return Ref()

    def _poll(self, seconds: float) -> Ref:
        self._asked = Ref(is_there=False)
        return self._asked

    def _give(self, given: Message) -> Ref:
        self._given, self._waits = given, False
        return Ref()

    def _stop(self) -> Ref:
        return Ref()

    def answer(self) -> None:
        """Tell some of what there is to tell, or die."""
        asked = self._asked
        if asked is None or asked.is_there or self._waits:
            return
        asked.is_there = True
        if self._left <= 0:
            asked.is_lost = True
            self._stage.lost(self)
            return
        asked.value = list(self._some())

    def _some(self) -> Iterator[Message]:
        assert self._told
        for _ in range(self._stage.lot.randint(1, MOST_TOLD)):
            if self._left <= 0:
                return
            given, self._given = self._given, None
            try:
                message = self._told.send(given)
            except StopIteration:
                return
            self._left -= 1
            yield message
            if message["kind"] == "wants":
                self._waits = True
                return


class Stage:
    """What the driver calls `ray`: so many nodes, of which each run kills one in so many."""

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, nodes: int, deaths: float, seed: int = 0):
        """deaths: the share of the runs' attempts whose node dies."""
        self.lot, self._deaths = random.Random(seed), deaths
        self._free = [self._place() for _ in range(nodes)]
        self._waiting: deque[Actor] = deque()
        self._at_work: list[Actor] = []
        memory = MEMORY if MEMORY.is_dir() else None
        self._disk = tempfile.TemporaryDirectory(prefix="stand-in-", dir=memory)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.setblocking(False)
        self.spent = Spent()
        self.profile: cProfile.Profile | None = None  # stopped while the play goes on
        self.deaths = self.begun = 0

    def cluster(self) -> Cluster:
        """As it is reached; nobody asks the nodes for their code."""
        return Cluster(self, machines(self), "", self._door.getsockname()[:2])

    def close(self) -> None:
        self._door.close()
        self._disk.cleanup()

    def life(self) -> float:
        """Messages until a node dies that gets a run now."""
        dies = self.lot.random() < self._deaths
        return self.lot.randrange(LONGEST) if dies else float("inf")

    def lost(self, actor: Actor) -> None:
        """A node has died, and another one has come in its stead."""
        assert actor.place
        self.deaths += 1
        actor.place = self._place()
        self.leave(actor)

    def leave(self, actor: Actor) -> None:
        """An actor is over."""
        if actor in self._at_work:
            self._at_work.remove(actor)
            assert actor.place and actor.scratch
            self._free.append(actor.place)
            shutil.rmtree(actor.scratch, ignore_errors=True)  # it may have told nothing yet
        else:
            with suppress(ValueError):
                self._waiting.remove(actor)

    def _place(self) -> Place:
        return Place(f"{self.lot.getrandbits(224):056x}")

    def _step(self) -> None:
        """Let the nodes that are free take a run, and some of those at work answer."""
        with suppress(BlockingIOError):
            self._door.accept()[0].close()
        while self._free and self._waiting:
            actor = self._waiting.popleft()
            self._at_work.append(actor)
            self.begun += 1
            actor.put(self._free.pop(), Path(self._disk.name) / f"{self.begun}")
        for actor in list(self._at_work):
            if self.lot.random() < ANSWERS:
                actor.answer()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Count what happens in here as the play's."""
        if self.profile:
            self.profile.disable()
        began, began_cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.spent.seconds += time.perf_counter() - began
            self.spent.cpu_seconds += time.process_time() - began_cpu
            if self.profile:
                self.profile.enable()

    # What the driver calls

    def nodes(self) -> list[Message]:
        with self._aside():
            places = [*self._free, *(actor.place for actor in self._at_work)]
            return [{"NodeID": place.identity, "NodeManagerHostname": f"node-{place.identity[:6]}",
                     "Alive": True, "Resources": {"CPU": 1.0, "memory": 2.0**33}}
                    for place in places if place]  # fmt: skip

    def remote(self, kind: type) -> Any:
        return SimpleNamespace(options=lambda **asked: SimpleNamespace(remote=self._actor))

    def _actor(self) -> Actor:
        actor = Actor(self)
        self._waiting.append(actor)
        return actor

    def wait(
        self, refs: list[Ref], num_returns: int, timeout: float
    ) -> tuple[list[Ref], list[Ref]]:
        with self._aside():
            while timeout and not any(ref.is_there for ref in refs):
                self._step()
            there = [ref for ref in refs if ref.is_there][:num_returns]
            return there, [ref for ref in refs if not ref.is_there]

    def get(self, ref: Ref) -> Any:
        if ref.is_lost:
            raise RayError("the actor died")
        return ref.value

    def put(self, value: bytes) -> Ref:
        return Ref(value)

    def kill(self, actor: Actor) -> None:
        with self._aside():
            self.leave(actor)


def played(task: Message, place: Place, scratch: Path) -> Told:
    """What a node tells of a run, as `node.Node` does: a save on the way, the end, the scores."""
    yield {"kind": "placed", "node": place.identity}
    job = child_process.validated(TrainJob, task["job"])
    folder = scratch / "run"
    folder.mkdir(parents=True)
    given = yield {"kind": "wants", "what": "run"}
    assert given
    for name, parts in given["files"].items():
        files.write_bytes(folder / name, b"".join(part.value for part in parts))
    for told in task["sets"].values():
        if told["key"] not in place.pictures:
            yield {"kind": "wants", "what": "content", "key": told["key"]}
            place.pictures.add(told["key"])
    outbox = Outbox(folder, scratch / "aside")
    outbox.skip()
    if not checkpoint.exists(folder):
        yield {"kind": "event", "event": "started", "step": 0}
        save(folder, job, 1)
        yield from outbox.saved() or ()
    else:
        yield {"kind": "event", "event": "resumed", "step": 1}
    yield PROGRESS
    save(folder, job, 2)
    finish(folder, job)
    yield from outbox.last()
    yield {"kind": "ended", "code": 0, "messages": [], "words": "", "silent": None,
           "seconds": 0.0, "memory_was_short": False, "judges": bool(task["judge"])}  # fmt: skip
    if task["judge"]:
        yield {"kind": "judging", "what": job.run.label, "done": 1, "of": 2}
        judge(folder)
        yield from outbox.last()
        yield {"kind": "judged", "why": ""}


PROGRESS = {
    "kind": "progress",
    "step": 1,
    "progress": 0.5,
    "pictures": 1,
    "pictures_per_second": 1.0,
    "seconds_left": 1.0,
    "losses": {"G": 1.0, "D": 1.0},
    "status": "training",
}


def pictures(job: TrainJob, count: int, step: int) -> np.ndarray:
    """uint8 N H W 3, other ones for each run and step."""
    lot = np.random.default_rng([job.run.seed, step])
    return lot.integers(0, 256, (count, job.run.size, job.run.size, 3), np.uint8)


def save(folder: Path, job: TrainJob, step: int) -> None:
    """What a worker leaves at a save."""

    def write(draft: Path) -> None:
        draft.mkdir(exist_ok=True)
        np.save(draft / "state.npy", np.full(256, step), allow_pickle=False)

    files.write_array(folder / moment("film", step).file, pictures(job, 2, step))
    files.append_text(folder / "history.csv", "step,seconds,pictures,G\n" * (step == 1))
    files.append_text(folder / "history.csv", f"{step},{step / 2},{step},1.0\n")
    files.append_text(folder / "events.jsonl", f'{{"event": "saved", "step": {step}}}\n')
    checkpoint.save(folder, write, {"key": job.key, "steps": step, "seconds": step / 2})


def moment(kind: str, step: int) -> record.Moment:
    return record.Moment(step, step / 2, step / 2, step, f"{kind}/step-{step:08d}.npy")


def finish(folder: Path, job: TrainJob) -> None:
    """What a worker leaves at the end: pictures, and a record that knows their digests."""
    snapshot = moment("samples", 2)
    files.write_array(folder / snapshot.file, pictures(job, job.run.samples, 2))
    film = (moment("film", 1), moment("film", 2))
    kept = [one.file for one in (snapshot, *film)]
    written = record.Record(
        **job.blank_record,
        environment={"device": "cpu", "cpu": "played", "cores": 1},
        status=record.Status("done", 2, 1.0),
        used=record.Used(2, 1.0, 2, 2, 1, 1, 0.5, 1.5),
        cost=record.Cost(2.0, 2**27, "process", job.parameters),
        snapshots=(snapshot,),
        film=film,
        sha256={name: files.sha256(folder / name) for name in kept},
    )
    record.write(folder, written)


def judge(folder: Path) -> None:
    """Give a record scores, as many and as long as those of a usual suite."""
    run, lot = record.read(folder), random.Random(str(folder))
    protocol = {"extractor": "a network by its name", "sha256": "0" * 64, "resize": "TF1",
                "precision": "float32", "tf32": "off", "kernel": "(x.y / F + 1)^3"}  # fmt: skip
    made = [
        record.Score(f"metric_{place}", f"Metric {place}", lot.random(), 8, 8, "lower", "",
                     protocol, 1, about="What such a number means, in a line for people")
        for place in range(METRICS)
    ]  # fmt: skip
    scores = {score.metric: score for score in made}
    points = tuple(record.CurvePoint(one.step, one.seconds, one.pictures, scores)
                   for one in run.snapshots)  # fmt: skip
    record.write(folder, replace(run, scores=scores, curve=points))
