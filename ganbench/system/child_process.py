"""Our own processes: a job goes in as JSON, messages come out as JSON lines; one framework each.

A child's standard input stays open as long as its parent lives: when it ends, the child and all
that the child has started end too.
"""

import faulthandler
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, is_dataclass
from queue import Empty, Queue
from typing import Any, TypeVar

from ganbench.errors import InputError
from ganbench.system import variables
from ganbench.system.user_errors import USER_ERRORS

Message = dict[str, Any]
T = TypeVar("T")

TICK_SECONDS = 0.1  # between two looks at signals and at the clock
PATIENCE_STEPS = 100  # a process may be silent for as long as so many steps usually take
GRACE_SECONDS = 10.0  # from the last message to the end of the process
MOST_LINE, MOST_WORDS, MOST_WAITING = 1 << 26, 1 << 16, 10_000  # bytes, bytes, messages
PR_SET_PDEATHSIG = 1
NOW = "now"  # kind of a message: at what somebody's code it is, which may end the process

_asked: list[int] = []  # signals that came; whoever starts later gets them too


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int  # negative: killed by that signal
    messages: tuple[Message, ...]  # those of kind "result" and "error"
    words: str  # the end of what it wrote to standard error
    silent: float | None = None  # seconds without a sign of life, after which we killed it
    at: str = ""  # the last piece of somebody's code that it said it was at, by a message of NOW
    seconds: float = 0.0  # that it took

    def how(self) -> str:
        """How it ended without a result, in a line."""
        if self.silent is not None:
            return f"its process gave no sign of life for {self.silent:.0f} s and was ended"
        for message in self.messages:
            if message["kind"] == "error":  # for instance that the disk did not take the record
                return str(message["message"])
        how = f"ended with code {self.code} and without a result"
        if self.code < 0:
            how = f"was killed by {describe_signal(-self.code)}"
        return f"its process {how}: {_last_words(self.words)}".rstrip(": ")[:300]

    def result(self, kind: type[T]) -> T:
        """Its result; InputError when it sent an error, RuntimeError when it just died."""
        for message in self.messages:
            if message["kind"] == "error":
                raise InputError(message["message"], message["hint"])
            return validated(kind, json.dumps(message["value"]))
        raise RuntimeError(f"a process ended with code {self.code}:\n{self.words}")


def run(
    module: str,
    job: Any,
    on_message: Callable[[Message], None] | None = None,
    on_tick: Callable[[], None] | None = None,
    patience: float = math.inf,
) -> Ended:
    """Run `python -m module` on `job`, a dataclass or JSON; messages pass through `on_message`.

    Signals that `interrupt` was told of are passed on. A process that gives no sign of life for
    `patience` seconds is killed.
    """
    kept, silence, told, at = [], Silence(patience), text(job).encode() + b"\n", ""
    began = time.monotonic()
    with _started(module) as child:
        threading.Thread(target=child.tell, args=[told], daemon=True).start()  # it may not listen
        for message in child.messages():
            if message is None:
                silence.tick()
            else:
                silence.heard(message)
                if message["kind"] in ("result", "error"):
                    kept.append(message)
                elif message["kind"] == NOW:
                    at = message["name"]
                elif on_message and message["kind"] != "alive":
                    on_message(message)
            child.pass_on(_asked)
            if on_tick:
                on_tick()
            if silence.over:
                break
        code = child.end(0.0 if silence.over else GRACE_SECONDS)
        silent = silence.seconds if silence.over else None
        return Ended(code, tuple(kept), child.words(), silent, at, time.monotonic() - began)


class Silence:
    """How long a process has given no sign of life, and whether that is too long.

    Times when we ourselves were stopped do not count.
    """

    def __init__(self, patience: float):
        self.patience, self.seconds = patience, 0.0
        self._looked = time.monotonic()
        self._step: tuple[int, float] | None = None  # the last one heard of, and when
        self._steps: deque[float] = deque(maxlen=101)  # seconds each

    def tick(self) -> None:
        """Let time pass."""
        now = time.monotonic()
        self.seconds += min(now - self._looked, 1.0)
        self._looked = now

    def heard(self, message: Message) -> None:
        """Note a sign of life, and from one of progress how long a step takes."""
        self.seconds, self._looked = 0.0, time.monotonic()
        if message["kind"] != "progress" or "step" not in message:
            return
        if self._step and message["step"] > self._step[0]:
            took = self._looked - self._step[1]
            self._steps.append(took / (message["step"] - self._step[0]))
        self._step = message["step"], self._looked

    @property
    def over(self) -> bool:
        """Is it too long, for a process whose steps take what they take?"""
        usual = statistics.median(self._steps) if self._steps else 0.0
        return self.seconds > max(self.patience, PATIENCE_STEPS * usual)


class _Child:
    """A process of ours, read by two threads: it can neither block us nor fill the disk."""

    def __init__(self, module: str):
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us alone; `interrupt` passes it on
            # Idle threads spin for microseconds, then sleep. Spinning longer, as by default, made
            # a step 36 times slower beside another busy process; never spinning, 1.7 times in
            # peace.
            env={"GOMP_SPINCOUNT": "10000", **variables.of_children()},
        )
        self._inbox: Queue[bytes] = Queue(MOST_WAITING)  # b"": no more will come
        self._words = b""
        self._passed_on = 0  # of the signals
        self._ended = False
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._listen, self._overhear)
        ]
        for reader in self._readers:
            reader.start()

    def tell(self, job: bytes) -> None:
        """Give it its job; its standard input stays open."""
        assert self.process.stdin
        with suppress(OSError, ValueError):  # it died at once; exit code and last words say why
            self.process.stdin.write(job)
            self.process.stdin.flush()

    def messages(self) -> Iterator[Message | None]:
        """What it sends until it ends, and None at every tick without a message."""
        last = time.monotonic()
        while True:
            try:
                line = self._inbox.get(timeout=TICK_SECONDS)
            except Empty:
                # Somebody whom it started may hold its standard output open.
                if self.process.poll() is not None and time.monotonic() - last > 1.0:
                    return
                yield None
                continue
            if not line:
                return
            last = time.monotonic()
            yield _read(line)

    def pass_on(self, signals: list[int]) -> None:
        """Send it each signal once."""
        for number in signals[self._passed_on :]:
            if self.process.poll() is None:
                self.process.send_signal(number)
        self._passed_on = len(signals)

    def end(self, grace: float) -> int:
        """Wait for its end, `grace` seconds at most, and end all that it has started."""
        if self._ended:
            return self.process.wait()
        self._ended = True
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        code = self.process.wait()
        for reader in self._readers:
            reader.join(1.0)
        return code

    def words(self) -> str:
        """The end of what it wrote to standard error."""
        return self._words.decode("utf-8", "replace").strip()

    def _listen(self) -> None:
        assert self.process.stdout
        with suppress(OSError, ValueError):
            while line := self.process.stdout.readline(MOST_LINE):
                self._inbox.put(line)
        self._inbox.put(b"")

    def _overhear(self) -> None:
        assert self.process.stderr
        with suppress(OSError, ValueError):
            while some := os.read(self.process.stderr.fileno(), MOST_WORDS):
                self._words = (self._words + some)[-MOST_WORDS:]


@contextmanager
def _started(module: str) -> Iterator[_Child]:
    child = _Child(module)
    try:
        yield child
    finally:
        child.end(0.0)


def _last_words(words: str) -> str:
    """What Python says of a crash comes first, with the stack after it; all else comes last."""
    lines = words.splitlines() or [""]
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    return (fatal or lines)[-1]


def _read(line: bytes) -> Message | None:
    """A message; None for a line that is none."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "kind" in message else None


def interrupt(number: int = signal.SIGINT) -> None:
    """Have a signal passed on to whatever of ours is running or starts from now on.

    Safe in a signal handler: nothing is done here but to remember it.
    """
    _asked.append(number)


def calm() -> None:
    """Forget earlier signals."""
    _asked.clear()


class Channel:
    """The child's end: where its messages go. What a library prints goes to standard error."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        self.gone = False  # nobody listens any more
        os.dup2(2, 1)

    def send(self, kind: str, **content: Any) -> None:
        """Send one message, if anybody is there to hear it."""
        try:
            self._out.write(json.dumps({"kind": kind, **content}) + "\n")
        except BrokenPipeError:
            self.gone = True


def plain(value: Any) -> Any:
    """A dataclass, or what is JSON already, as JSON has it."""
    return json.loads(text(value))


def text(value: Any) -> str:
    return json.dumps(asdict(value) if is_dataclass(value) else value, default=_path)  # type: ignore[arg-type]


def _path(value: Any) -> str:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} is not JSON serializable")


def validated(kind: type[T], text: str) -> T:
    """What `plain` made into JSON, as it was."""
    from pydantic import TypeAdapter  # takes its time, and not every command has children

    # Not `validate_json`, which refuses file names that are not UTF-8.
    return TypeAdapter(kind).validate_python(json.loads(text))


def serve(kind: type[T], work: Callable[[T, Channel], Any]) -> None:
    """Main of a child: read a job of this `kind`, work, send the result or the user's mistake."""
    channel = Channel()
    faulthandler.enable()
    job = sys.stdin.readline()
    die_with_parent()
    try:
        result = work(validated(kind, job), channel)
    except USER_ERRORS as error:
        channel.send("error", message=str(error), hint=error.hint)
        sys.exit(2)
    if result is not None:
        channel.send("result", value=plain(result))


def die_with_parent() -> None:
    """End this process, and all that it starts, as soon as its standard input is closed."""
    if sys.platform == "linux":  # a stopped process must wake up to see that
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGCONT)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(0, 1 << 16):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def describe_signal(number: int) -> str:
    """SIGSEGV for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
