"""A suite carried out in a thread, for a caller that has signals and a screen of its own."""

import queue
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ganbench.runner import suite_runner
from ganbench.runner.interrupts import Interrupts
from ganbench.runner.lines import Lines
from ganbench.runner.prepare import Prepared
from ganbench.system import child_process

if TYPE_CHECKING:
    from ganbench.runner.cluster.connection import Cluster

TICK = 0.2  # seconds between two looks for a line to print

Say = Callable[[str], object]


def carry_out(
    ready: Prepared,
    command: str,
    force: bool,
    seconds: float | None,
    say: Say,
    cluster: "Cluster | None" = None,
) -> None:
    """Train, judge and report in a thread of their own; whoever called prints, and interrupts it.

    So an interrupt, which a kernel may send at any moment, breaks off nothing but the waiting.
    KeyboardInterrupt when there was one, after all is saved.
    """
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    asks, failure = Interrupts(), list[BaseException]()

    def work() -> None:
        try:
            screen = Lines(lines.put)
            suite_runner.execute(
                ready.plan,
                command,
                ready.extractors,
                force,
                screen,
                seconds,
                asks,
                ready.mirror,
                cluster,
            )
        except BaseException as error:
            failure.append(error)

    pressed = _wait(threading.Thread(target=work, name="ganbench"), lines, asks, say)
    child_process.calm()
    if failure:
        raise failure[0]
    if pressed:
        say(" saved. The same call continues.")
        raise KeyboardInterrupt


def _wait(
    thread: threading.Thread, lines: "queue.SimpleQueue[str]", asks: Interrupts, say: Say
) -> int:
    """Start the thread, say what comes until it ends; how often we were interrupted meanwhile."""
    pressed = 0
    thread.start()
    while True:
        try:
            alive = thread.is_alive()
            while True:
                say(lines.get(timeout=TICK if alive else 0))
        except queue.Empty:
            if not alive:
                return pressed
        except KeyboardInterrupt:
            pressed += 1
            asks.ask("")
            if pressed > 1:
                child_process.interrupt(signal.SIGKILL)
        except BaseException:  # of `say`
            asks.ask("")
            thread.join()
            raise
