"""The runs of a plan on the nodes of a cluster: begun, heard, and begun again where a node is lost.

One loop hears of all of them. What arrives is written here, by this process alone.
"""

import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ganbench import jobs
from ganbench.errors import InputError
from ganbench.planning.plan import FINISHED, Plan, Planned, status_of
from ganbench.runner import attempt
from ganbench.runner.attempt import Attempt
from ganbench.runner.cluster import node, resources
from ganbench.runner.cluster.connection import Cluster
from ganbench.runner.cluster.inbox import Inbox
from ganbench.runner.cluster.outbox import RECORD, SENT
from ganbench.runner.interrupts import Interrupts
from ganbench.runner.observer import Observer
from ganbench.system import child_process, locks
from ganbench.system.text import shown
from ganbench.training import checkpoint

MOST_AWAY = 200  # runs that are begun or wait for a free node
MOST_LOSSES = 5  # nodes that a run may lose in a row without having saved in between
POLL_SECONDS = 0.5  # that a node waits for something to tell; between two looks at busy runs
LOOK_SECONDS = 1.0  # between two looks whether the cluster is there
GONE_SECONDS = 20.0  # without an answer; after a minute, Ray would end this process
ARRIVING = ("saving", "part", "saved")

Message = dict[str, Any]


class _Gone(Exception):
    """The cluster is not there any more."""


@dataclass(eq=False)  # one is another even where all in it is the same
class Away:
    """A run that a node carries out, or will."""

    attempt: Attempt
    claim: ExitStack
    inbox: Inbox
    actor: Any = None
    asked: Any = None  # the answer that is waited for
    node: str = ""  # where it is, once it is known
    told_to_stop: bool = False
    is_judged: bool = False  # its training is over, and the node is at its pictures
    losses: int = 0

    @property
    def planned(self) -> Planned:
        return self.attempt.planned


@dataclass
class Fleet:
    """All runs that are away, and those that wait."""

    cluster: Cluster
    plan: Plan
    observer: Observer
    interrupts: Interrupts
    patience: float  # seconds that a worker may be silent
    judge: Message | None = None  # what nodes are told of judging; None: all is judged here
    _away: list[Away] = field(default_factory=list)
    _refused: InputError | None = None
    _answered: float = 0.0  # when the cluster was there
    _looked: float = 0.0

    def carry_out(self) -> None:
        """Attempt every run; InputError when a node refuses one, after all others are saved."""
        try:
            self._carry_out()
        except (ConnectionError, _Gone):
            raise InputError(
                "the cluster does not answer any more; what has come from it is saved",
                "start it again: the same command goes on",
            ) from None
        if self._refused:
            raise self._refused

    def _carry_out(self) -> None:
        waiting, told = deque(self.plan.runs), False
        try:
            while (waiting and not self.interrupts.asked) or self._away:
                busy = self._begin(waiting)
                if busy and not self._away:
                    if not told:
                        self.observer.note(f"waiting for another ganbench at work on"
                                           f" {busy[0].run.label}")  # fmt: skip
                    told = True
                    time.sleep(POLL_SECONDS)
                waiting.extend(busy)
                self._hear()
                self._look()
                if self.interrupts.asked:
                    self._stop()
        finally:
            for away in list(self._away):
                self._leave(away)

    def _begin(self, waiting: deque[Planned]) -> list[Planned]:
        """Send out as many as may be; returns those that another command is at."""
        busy = []
        for _ in range(len(waiting)):
            if len(self._away) >= MOST_AWAY or self.interrupts.asked:
                break
            planned, claim = waiting.popleft(), ExitStack()
            if not claim.enter_context(locks.claim(planned.folder)):
                busy.append(planned)
            elif ready := self._ready(planned, claim):
                away = Away(ready, claim, Inbox(planned.folder, planned.run.key))
                self._away.append(away)
                self._send(away)
            else:
                claim.close()
        return busy

    def _ready(self, planned: Planned, claim: ExitStack) -> Attempt | None:
        try:
            return attempt.begin(self.plan, planned, self.observer)
        except BaseException:
            claim.close()
            raise

    def _send(self, away: Away) -> None:
        """Ask for a node that carries a run out."""
        asked = resources.of(self.plan, away.planned, self.cluster.machines)
        actor = self._actors.options(
            max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD", **asked
        )
        away.actor, away.node = actor.remote(), ""
        away.actor.begin.remote(self._task(away))
        away.asked = away.actor.poll.remote(POLL_SECONDS)

    @cached_property
    def _actors(self) -> Any:
        """The class as Ray has it: each time that it is made, Ray keeps it once more."""
        return self.cluster.ray.remote(node.Node)

    def _task(self, away: Away) -> Message:
        job, domains = away.attempt.job, self.plan.pair
        device = "cuda" if job.device.startswith("cuda") else job.device  # Ray shows it one
        threads = job.threads or resources.threads(self.plan, self.cluster.machines)
        sides = {"source": domains.source, "target": domains.target}
        return {
            "run": job.run.folder,
            "job": child_process.text(replace(job, device=device, threads=threads)),
            "worker": jobs.WORKER,
            "patience": self.patience,
            "source": self.cluster.source,
            "threads": os.environ.get(node.THREADS),
            "plugin": self.cluster.plugin(job.run.address),
            "sets": {name: self.cluster.set(side) for name, side in sides.items() if side},
            "judge": self.judge,
        }

    def _look(self) -> None:
        """Look whether the cluster is there; _Gone when it has not been for a while."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        if self.cluster.answers() or not self._answered:
            self._answered = now
        elif now - self._answered > GONE_SECONDS:
            raise _Gone

    def _hear(self) -> None:
        """Take what there is to hear, and wait a moment if that is nothing."""
        asked = [away.asked for away in self._away]
        if not asked:
            return
        self.cluster.ray.wait(asked, num_returns=1, timeout=POLL_SECONDS)
        ready, _ = self.cluster.ray.wait(asked, num_returns=len(asked), timeout=0)
        answered = set(ready)
        self.interrupts.tell(self.observer)
        for away in [away for away in self._away if away.asked in answered]:
            self._answer(away)

    def _answer(self, away: Away) -> None:
        errors = self.cluster.ray.exceptions
        try:
            told = self.cluster.ray.get(away.asked)
        except errors.RayTaskError as error:  # of our own code, on the node
            self._refuse(away, {"message": str(error).strip().splitlines()[-1], "hint": ""})
            return
        except errors.RayError:
            self._lost(away)
            return
        for message in told:
            try:
                self._take(away, message)
            except InputError as error:
                self._refuse(away, {"message": str(error), "hint": error.hint})
            if away not in self._away:
                return
        away.asked = away.actor.poll.remote(POLL_SECONDS)

    def _take(self, away: Away, message: Message) -> None:
        """One thing that a node has told."""
        kind = message["kind"]
        if kind in ("progress", "event"):
            self.observer.message(away.planned, message)
        elif kind in ARRIVING:
            away.inbox.take(message)
            away.losses = 0 if kind == "saved" else away.losses
        elif kind == "wants":
            away.actor.give.remote({"files": self._wanted(away, message)})
        elif kind == "placed":
            away.node = self.cluster.name(message["node"])
            self.observer.started(away.planned, away.node)
        elif kind == "ended":
            self._ended(away, message)
        elif kind == "judging":
            self.observer.scored(message)
        elif kind == "judged":
            self._judged(away, message["why"])
        elif kind == "refused":
            self._refuse(away, message)

    def _wanted(self, away: Away, message: Message) -> dict[str, list[Any]]:
        if message["what"] == "content":
            return self.cluster.content(message["key"])
        return {name: self.cluster.parts(path) for name, path in _begun(away.attempt)}

    def _ended(self, away: Away, message: Message) -> None:
        """The worker has ended, and all that it has left is here."""
        ended = child_process.Ended(
            message["code"],
            tuple(message["messages"]),
            message["words"],
            message["silent"],
            seconds=message["seconds"],
        )
        away.attempt.end(ended, message["memory_was_short"], self.observer, self.interrupts)
        if away.attempt.has_record:
            _tidy(away.attempt)
        away.is_judged = message["judges"]
        if not away.is_judged:
            self._leave(away)

    def _judged(self, away: Away, why: str) -> None:
        """All is done that a node does of a run; `why` its scores have not come, if they have not.

        Whatever has no scores in the end is judged here.
        """
        if why and not self.interrupts.asked:
            words = f"{away.node} could not judge it, so it is judged here: {why}"
            self.observer.line(away.planned, f"warning: {words}")
        self._leave(away)

    def _lost(self, away: Away) -> None:
        """Begin a run again elsewhere, from the last save that has come here."""
        if away.is_judged:
            self._judged(away, "the node is lost")
            return
        away.losses += 1
        away.inbox.clear()
        where = away.node or "its node"
        self._kill(away)
        if self.interrupts.asked:
            self._leave(away)
        elif away.losses < MOST_LOSSES:
            self.observer.line(away.planned, f"warning: {where} is lost: it goes on elsewhere")
            self._send(away)
        else:
            reason = f"{away.losses} nodes were lost, one after the other, that it was on"
            said = ({"kind": "error", "message": reason, "hint": ""},)
            away.attempt.end(
                child_process.Ended(1, said, ""), False, self.observer, self.interrupts
            )
            self._leave(away)

    def _refuse(self, away: Away, message: Message) -> None:
        """A node cannot do it, nor could it next time: let all come to a saved end, and say so."""
        if away.is_judged:
            self._judged(away, message["message"])
            return
        where = f"on {shown(away.node)}: " if away.node else ""
        self._refused = self._refused or InputError(f"{where}{message['message']}", message["hint"])
        self.interrupts.ask(f"{where}{message['message']}: ")
        self._leave(away)

    def _stop(self) -> None:
        """Let what trains come to a saved end, and call back what has not begun."""
        for away in list(self._away):
            if not away.node:
                self._leave(away)
            elif not away.told_to_stop:
                away.told_to_stop = True
                away.actor.stop.remote()

    def _leave(self, away: Away) -> None:
        """A run is not away any more."""
        self._kill(away)
        with suppress(OSError):
            away.inbox.clear()
        away.claim.close()
        self._away.remove(away)

    def _kill(self, away: Away) -> None:
        with suppress(Exception):  # it is gone already
            self.cluster.ray.kill(away.actor)


def _begun(attempt: Attempt) -> Iterator[tuple[str, Any]]:
    """What there is of a run, by its name for a node: not the older checkpoint nor the record."""
    folder = attempt.planned.folder
    place = folder / checkpoint.NAMES[0]
    with suppress(InputError):  # all are damaged: the worker says so
        if found := checkpoint.find(folder):
            place = found[0]
            if found[2]:
                checkpoint.discard_damaged(folder)
    for path in sorted(place.rglob("*")):
        if path.is_file():
            yield f"{checkpoint.NAMES[0]}/{path.relative_to(place).as_posix()}", path
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if SENT.fullmatch(name) and name != RECORD and not name.startswith(checkpoint.NAMES[0]):
            yield name, path


def _tidy(attempt: Attempt) -> None:
    """A run that is over needs only its last checkpoint, as where it is trained here."""
    status = status_of(attempt.planned.folder)
    if status and status.name in FINISHED and status.name != "diverged":
        checkpoint.remove_previous(attempt.planned.folder)
