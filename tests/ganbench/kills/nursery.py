"""A process that has imported one framework and forks a child for each order it gets.

python nursery.py FRAMEWORK: an order is a line of JSON on standard input, what became of the child
one on standard output. Importing takes seconds, forking milliseconds. Nothing is computed before
a fork, for the threads of a framework do not survive one.
"""

import faulthandler
import functools
import importlib
import json
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from ganbench.jobs import InspectJob, TrainJob
from ganbench.planning import inspect_models
from ganbench.system import child_process, frameworks
from ganbench.training import worker
from ganzoo import registry

WORK: dict[str, tuple[Any, Any]] = {
    "ganbench.planning.inspect_models": (InspectJob, inspect_models.describe),
    "ganbench.training.worker": (TrainJob, worker.work),
}
LONGEST_SECONDS = 120.0  # of a child
# What a first step would import, each time anew.
LATER = {"pytorch": ("torch._dynamo", "torch.utils.flop_counter"), "tensorflow": ()}


class Channel(child_process.Channel):
    """Messages go to a file; after that of step `stop_at` the child tells itself to stop."""

    def __init__(self, messages: str, stop_at: int | None):
        file = os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        super().__init__()
        self.stop_at = stop_at

    def send(self, kind: str, **content: Any) -> None:
        super().send(kind, **content)
        if kind == "progress" and content["step"] == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)


def live(order: dict[str, Any]) -> None:
    """Be the child. One that hangs says where, and ends."""
    faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)
    if order["forgetting"]:
        forget(order["forgetting"])
    channel = Channel(order["messages"], order["stop_at"])
    kind, work = WORK[order["module"]]
    result = work(child_process.validated(kind, json.dumps(order["job"])), channel)
    if result is not None:
        channel.send("result", value=child_process.plain(result))


def forget(address: str) -> None:
    """Let a function, "module:Class.method", do nothing from now on."""
    module, _, path = address.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    setattr(owner, name, lambda *_, **__: None)


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """Let a child live until it ends or, after `seconds`, is killed.

    They count from its start or, if the order says `from_step`, from its first word of a step.
    """
    child = multiprocessing.get_context("fork").Process(target=live, args=(order,))
    began = time.perf_counter()
    child.start()
    while order["from_step"] and child.is_alive() and not stepping(order["messages"]):
        child.join(0.01)
    idle = time.perf_counter() - began
    child.join(order["seconds"])
    child.kill()  # nothing, if it has ended
    child.join()
    return {"code": child.exitcode, "idle": idle, "seconds": time.perf_counter() - began}


def stepping(messages: str) -> bool:
    """Has it told of a step?"""
    file = Path(messages)
    return file.exists() and b'"progress"' in file.read_bytes()


def main(framework: str) -> None:
    """Import, then obey until there are no more orders."""
    if framework == "tensorflow":
        frameworks._quiet_tensorflow()
    for model in registry.BUILT_IN:
        if model.framework == framework:
            registry.load(model)
    for module in LATER[framework]:
        importlib.import_module(module)
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
