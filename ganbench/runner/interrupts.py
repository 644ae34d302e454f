"""Ctrl-C, termination and the end of our time: what runs comes to a saved end."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ganbench.runner.observer import Observer
from ganbench.system import child_process

INTERRUPTED = 130  # exit code
SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


class Interrupts:
    """Ctrl-C, termination or the end of our time: the running step ends and is saved.

    A handler may come in the middle of anything, so it only leaves word. Only a second Ctrl-C
    leaves at once; what we have started ends with us.
    """

    def __init__(self) -> None:
        self.asked = False
        self.reason = ""
        self._pressed = False
        self._told = False

    def __call__(self, number: int, frame: Any) -> None:
        if self._pressed and number == signal.SIGINT:
            if os.isatty(1):
                os.write(1, b"\x1b[?25h\n")  # the live table has hidden the cursor
            os._exit(INTERRUPTED)
        self._pressed = self._pressed or number == signal.SIGINT
        self.ask("")

    def ask(self, reason: str) -> None:
        """Let what runs come to a saved end."""
        if not self.asked:
            self.reason, self.asked = reason, True
            child_process.interrupt()

    def tell(self, observer: Observer) -> None:
        """Say once that we have understood."""
        if self.asked and not self._told:
            self._told = True
            observer.note(f"{self.reason}stopping after this step; Ctrl-C again leaves at once")


@contextmanager
def timed(interrupts: Interrupts, seconds: float | None = None) -> Iterator[Interrupts]:
    """Let what runs come to a saved end after `seconds`; no signal is caught."""
    child_process.calm()
    timer = threading.Timer(seconds or 0.0, interrupts.ask, ["time is up: "])
    timer.daemon = True
    try:
        if seconds is not None:
            timer.start()
        yield interrupts
    finally:
        timer.cancel()
        child_process.calm()  # what this process starts later is not meant


@contextmanager
def interruptible(seconds: float | None = None) -> Iterator[Interrupts]:
    """Catch Ctrl-C and termination while a plan is carried out; after `seconds` time is up."""
    interrupts = Interrupts()
    with timed(interrupts, seconds):
        # What is ignored, as by nohup, stays so.
        heard = [n for n in SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
        before = {n: signal.signal(n, interrupts) for n in heard}
        try:
            yield interrupts
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
