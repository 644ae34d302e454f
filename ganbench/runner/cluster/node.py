"""What runs on a node: an actor that trains and judges one run, in child processes as here.

It answers one call after the other, so the work goes on in a thread; the driver asks for what there
is to tell. Plain dicts of text, numbers and bytes go both ways.
"""

import os
import queue
import signal
import threading
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.data import shipped
from ganbench.errors import InputError, first_line
from ganbench.jobs import INSPECTOR, Inspected, InspectJob, TrainJob
from ganbench.runner import crash_record
from ganbench.runner.cluster import judge
from ganbench.runner.cluster.outbox import PART, SENT, Outbox
from ganbench.system import cache, child_process, files, frameworks, own_source
from ganbench.system.atomic import FORGOTTEN
from ganbench.system.user_errors import USER_ERRORS
from ganbench.training import history
from ganzoo import registry

AT_ONCE = 4 * PART  # bytes in one answer, about
THREADS = "OMP_NUM_THREADS"  # which Ray sets; a run has the driver's

Message = dict[str, Any]


class Node:
    """One run on one node."""

    def __init__(self) -> None:
        # Ray blocks Ctrl-C for what it starts, and a child would inherit that; the driver says when
        # to stop. A handler, unlike what is ignored, ends with the exec of a child.
        signal.signal(signal.SIGINT, lambda number, frame: None)
        self._news = threading.Condition()
        self._waiting: deque[Message | Iterator[Message]] = deque()
        self._given: queue.Queue[Message] = queue.Queue()
        self._stopped = False

    def begin(self, task: Message) -> None:
        """Start to work on it."""
        threading.Thread(target=self._work, args=[task], daemon=True).start()

    def poll(self, seconds: float) -> list[Message]:
        """What there is to tell by now, or within some seconds; at most about `AT_ONCE` bytes."""
        told: list[Message] = []
        with self._news:
            self._news.wait_for(lambda: self._waiting, seconds)
        room = AT_ONCE
        while room > 0 and (message := self._next()):
            told.append(message)
            room -= len(message.get("data", b"")) + 1000
        return told

    def give(self, what: Message) -> None:
        """What the run has asked for."""
        self._given.put(what)

    def stop(self) -> None:
        """Let the run come to a saved end."""
        self._stopped = True
        child_process.interrupt()

    def _next(self) -> Message | None:
        while first := self._first():
            if isinstance(first, dict):
                return first
            if message := next(first, None):
                return message
            with self._news:
                self._waiting.popleft()
        return None

    def _first(self) -> Message | Iterator[Message] | None:
        """What is next: a message, taken out, or a source of messages, which stays."""
        with self._news:
            if not self._waiting:
                return None
            first = self._waiting[0]
            return self._waiting.popleft() if isinstance(first, dict) else first

    def _tell(self, message: Message | Iterator[Message]) -> None:
        with self._news:
            self._waiting.append(message)
            self._news.notify()

    def _heard(self, message: Message) -> None:
        """Pass on what a child says; of progress only the last word counts."""
        with self._news:
            last = self._waiting[-1] if self._waiting else None
            same = isinstance(last, dict) and last["kind"] == message["kind"]
            if same and message["kind"] in ("progress", "judging"):
                self._waiting.pop()
        self._tell(message)

    def _work(self, task: Message) -> None:
        """Carry the run out; whatever happens, the last one is `ended`, `judged` or `refused`."""
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            self._tell({"kind": "placed", "node": _here()})
            _check_code(task["source"])
            scratch = _scratch(task["run"])
            try:
                last = self._train(task, scratch)
            finally:
                self._tell(_removing(scratch))  # once what was told before has been read from it
        except USER_ERRORS as error:
            last = {"kind": "refused", "message": str(error), "hint": error.hint}
        except Exception as error:
            last = {"kind": "refused", "message": first_line(error), "hint": ""}
        self._tell(last)

    def _train(self, task: Message, scratch: Path) -> Message:
        job = child_process.validated(TrainJob, task["job"])
        folder = scratch / job.folder.parent.name / job.folder.name
        self._unpack(folder)
        source = task["sets"].get("source")
        job = replace(
            _with_plugin(job, task["plugin"], scratch),
            folder=folder,
            source_folder=self._domain(source) if source else None,
            target_folder=self._domain(task["sets"]["target"]),
        )
        _check_model(job)
        outbox = Outbox(folder, scratch / "aside")
        outbox.skip()
        history.event(folder, "placed", node=_here()[:8])

        def on_tick() -> None:
            if (messages := outbox.saved()) is not None:
                self._tell(messages)

        _set(THREADS, task["threads"])
        killings = crash_record.killings_for_memory()
        ended = child_process.run(task["worker"], job, self._heard, on_tick, task["patience"])
        short = crash_record.killings_for_memory() != killings
        self._tell(outbox.last())
        judges = bool(task["judge"]) and not self._stopped and _has_pictures(folder)
        last = {
            "kind": "ended", "code": ended.code, "messages": list(ended.messages),
            "words": ended.words, "silent": ended.silent, "seconds": ended.seconds,
            "memory_was_short": short, "judges": judges,
        }  # fmt: skip
        if not judges:
            return last
        self._tell(last)
        return {"kind": "judged", "why": self._judge(task["judge"], job, outbox, scratch)}

    def _judge(self, told: Message, job: TrainJob, outbox: Outbox, scratch: Path) -> str:
        """Judge what was trained and send that; why it did not come to that, whatever it was."""

        def on_progress(message: Message) -> None:
            self._heard(message | {"kind": "judging"})

        _set(judge.BLAS, told["blas"])  # the driver's
        if job.threads:  # its own share of the node, on which features do not depend
            _set(THREADS, str(job.threads))
        try:
            why = judge.carry_out(told, job, scratch, self._file, on_progress)
            if not why:
                self._tell(outbox.last())
        except USER_ERRORS as error:
            return str(error)
        except Exception as error:
            return first_line(error)
        return why

    def _file(self, key: str) -> Iterable[bytes]:
        (content,) = self._ask("content", key=key).values()
        return content

    def _ask(self, what: str, **more: Any) -> dict[str, Iterable[bytes]]:
        """Files from the driver, by name, each in parts that are fetched when they are wanted."""
        self._tell({"kind": "wants", "what": what, **more})
        return {name: _fetched(parts) for name, parts in self._given.get()["files"].items()}

    def _unpack(self, folder: Path) -> None:
        """What the driver has of the run."""
        folder.mkdir(parents=True)
        for name, parts in self._ask("run").items():
            if not SENT.fullmatch(name):
                raise InputError(f"{name[:80]!r} is no file of a run")
            with files.growing(files.inside(folder, name), 0) as append:
                for part in parts:
                    append(part)

    def _domain(self, told: Message) -> Path:
        """Where a set of pictures lies on this node, which fetches it once."""
        with shipped.turn(told["key"]):
            found = shipped.find(told["name"], told["key"])
            if found is None:
                content = self._ask("content", key=told["key"])
                found = shipped.receive(told["key"], content, told["bytes"])
            return found


def _has_pictures(folder: Path) -> bool:
    """Is there anything to judge?"""
    try:
        return bool(record.read(folder).snapshots)
    except (InputError, OSError):
        return False


def _removing(scratch: Path) -> Iterator[Message]:
    files.remove(scratch)
    yield from ()


def inspect(task: Message) -> Message:
    """What models are, found out on the node that has the device: a job and its answer as JSON."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    scratch = _scratch("models")
    try:
        job = child_process.validated(InspectJob, task["job"])
        models = tuple((_moved(model, task["plugins"], scratch), changes) for model, changes in
                       job.models)  # fmt: skip
        ended = child_process.run(task["module"], replace(job, models=models))
        return {"value": child_process.plain(ended.result(Inspected))}
    except USER_ERRORS as error:
        return {"message": str(error), "hint": error.hint}
    finally:
        files.remove(scratch)


def _moved(model: registry.Model, plugins: dict[str, bytes], scratch: Path) -> registry.Model:
    return replace(model, address=_address(model.address, plugins.get(model.address), scratch))


def _with_plugin(job: TrainJob, plugin: bytes | None, scratch: Path) -> TrainJob:
    return replace(job, run=replace(job.run, address=_address(job.run.address, plugin, scratch)))


def _address(address: str, plugin: bytes | None, scratch: Path) -> str:
    """Where a model is on this node: a plugin's file comes with its name and its content."""
    if plugin is None:
        return address
    path, _, name = address.rpartition(":")
    place = scratch / f"plugin-{uuid.uuid4().hex[:8]}" / Path(path).name
    files.write_bytes(place, plugin)
    return f"{place}:{name}"


def _check_model(job: TrainJob) -> None:
    """InputError when this node lacks the framework of a run, or has other code of its model.

    What is built in was compared already, and a file came with the run.
    """
    run = job.run
    frameworks.require(run.framework)
    if run.address.startswith("ganzoo.") or run.address.rpartition(":")[0].endswith(".py"):
        return
    model = registry.Model(run.model, run.address, run.framework)
    asked = InspectJob(run.framework, job.device, run.size, None, ((model, run.settings),))
    (facts,) = child_process.run(INSPECTOR, asked).result(Inspected).models
    if facts.code != run.code:
        raise InputError(
            f"{run.model} is installed in another version than on the machine that asks",
            "install the same plugin on every node",
        )


def _check_code(source: str) -> None:
    """InputError when this node runs other code than the driver."""
    if own_source.digest() != source:
        raise InputError(
            "it has another ganbench than the machine that asks",
            "install the same version on every node",
        )


def _fetched(parts: list[Any]) -> Iterator[bytes]:
    import ray

    for part in parts:
        yield ray.get(part)


def _here() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def _scratch(name: str) -> Path:
    """A folder that is ours alone, in the cache, where there is room for large things."""
    parent = cache.folder("runs")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        files.sweep(parent, name, FORGOTTEN)  # of nodes that were killed
        place = parent / f".{name}.{uuid.uuid4().hex[:8]}"
        place.mkdir()
    except OSError as error:
        raise cache.unwritable(parent, error) from None
    return place


def _set(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value
