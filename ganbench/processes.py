"""Our own processes: a job goes in as JSON, messages come out as JSON lines; one framework each."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from ganbench.errors import InputError
from ganzoo.errors import InputError as ModelError
from metrics.errors import InputError as MetricError

Message = dict[str, Any]

_running: list[subprocess.Popen] = []
_asked: list[int] = []  # signals that came; whoever starts later gets them too


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int  # negative: killed by that signal
    messages: tuple[Message, ...]  # those of kind "result" and "error"
    words: str  # the end of what it wrote to standard error

    def result(self) -> Message:
        """Its result; InputError when it sent an error, RuntimeError when it just died."""
        for message in self.messages:
            if message["kind"] == "error":
                raise InputError(message["message"], message["hint"])
            return message
        raise RuntimeError(f"a process ended with code {self.code}:\n{self.words}")


def run(module: str, job: Any, on_message: Callable[[Message], None] | None = None) -> Ended:
    """Run `python -m module` on `job`; every message passes through `on_message`."""
    kept = []
    with tempfile.TemporaryFile() as words, _start(module, job, words) as process:
        assert process.stdout
        for line in process.stdout:
            message = json.loads(line)
            if message["kind"] in ("result", "error"):
                kept.append(message)
            elif on_message:
                on_message(message)
        code = process.wait()
        return Ended(code, tuple(kept), _tail(words))


@contextmanager
def _start(module: str, job: Any, words: IO[bytes]) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C reaches us alone; `interrupt` passes it on
        # Idle threads spin for microseconds, then sleep. Spinning longer, as by default, made a
        # step 36 times slower beside another busy process; never spinning, 1.7 times in peace.
        env={"GOMP_SPINCOUNT": "10000", **os.environ},
    )
    _running.append(process)
    for number in _asked:
        process.send_signal(number)
    try:
        assert process.stdin
        try:
            process.stdin.write(json.dumps(job))
            process.stdin.close()
        except BrokenPipeError:  # it died at once; its exit code and last words say why
            pass
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        _running.remove(process)


def interrupt(number: int = signal.SIGINT) -> None:
    """Pass a signal on to whatever of ours is running or starts from now on."""
    _asked.append(number)
    for process in _running:
        if process.poll() is None:
            process.send_signal(number)


def calm() -> None:
    """Forget earlier signals."""
    _asked.clear()


def _tail(words: IO[bytes], limit: int = 8000) -> str:
    end = words.seek(0, os.SEEK_END)
    words.seek(max(0, end - limit))
    return words.read().decode("utf-8", "replace").strip()


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


def serve(work: Callable[[Any, Channel], Message | None]) -> None:
    """Main of a child: read the job, work, send the result or the user's mistake in words."""
    channel = Channel()
    try:
        result = work(json.load(sys.stdin), channel)
    except (InputError, ModelError, MetricError) as error:
        channel.send("error", message=str(error), hint=error.hint)
        sys.exit(2)
    if result is not None:
        channel.send("result", **result)
