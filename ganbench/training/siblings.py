"""The other ranks of a run: rank 0 starts them, sees when one is lost, and ends them.

Whoever is lost leaves the others in the middle of a message: gloo tells them at once, NCCL does
not. So rank 0 does not wait for what a message says: a few seconds later it writes the record and
ends, in whatever it was, and all others end with it.
"""

import os
import threading
import time
from collections.abc import Callable

from ganbench.jobs import FollowJob, TrainJob
from ganbench.system import child_process, files
from ganbench.training import build

FOLLOWER = "ganbench.training.follower"
GRACE_SECONDS = 5.0  # in which rank 0 can come to its own end when another rank is lost
LOOK_SECONDS = 2.0  # in which a rank's end is seen after what it did to us


class _Dismissed(Exception):
    """A rank is not needed any more."""


class Siblings:
    """Ranks 1 and up of a job; none of a run that is alone.

    on_lost: told why in a sentence, in a thread, when rank 0 has not come to its end by itself.
    """

    def __init__(self, job: TrainJob, on_lost: Callable[[str], None]):
        self._job, self._on_lost = job, on_lost
        self._over, self._seen = threading.Event(), threading.Event()
        self._turn, self._ours = threading.Lock(), job.ranks == 1  # whose it is writes the record
        self._lost: list[tuple[int, child_process.Ended]] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start them all; they wait for us where we meet."""
        if self._job.ranks == 1:
            return
        meeting = self._job.folder / build.MEETING
        files.remove(meeting)
        with files.writing(meeting):  # what cannot be written, torch would try for minutes
            meeting.parent.mkdir(parents=True, exist_ok=True)
            meeting.touch()
        for rank in range(1, self._job.ranks):
            # Its parent is this thread, which has to live as long.
            thread = threading.Thread(target=self._keep, args=[rank], daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        """End those who have not ended by themselves, and take the turn to write the record.

        Does not come back when that is already being written.
        """
        self._over.set()
        if not self._ours and not self._turn.acquire(blocking=False):
            time.sleep(2 * GRACE_SECONDS)  # which this process does not live to see
        self._ours = True
        for thread in self._threads:
            thread.join(GRACE_SECONDS)
        if self._threads:
            files.remove(self._job.folder / build.MEETING)

    def why(self) -> str:
        """Who is lost and how, in a sentence; empty if nobody is, soon after something failed."""
        if self._job.ranks == 1 or not self._seen.wait(LOOK_SECONDS):
            return ""
        # One that was killed comes before those that have failed for want of it.
        rank, ended = min(self._lost, key=lambda each: each[1].code >= 0)
        return f"rank {rank} of {self._job.ranks} {_how(ended)}"

    def _keep(self, rank: int) -> None:
        try:
            ended = child_process.run(FOLLOWER, FollowJob(self._job, rank), None, self._tick)
        except _Dismissed:
            return
        if self._over.is_set() or (ended.code == 0 and not ended.messages):  # it was let go
            return
        self._lost.append((rank, ended))
        self._seen.set()
        if not self._over.wait(GRACE_SECONDS) and self._turn.acquire(blocking=False):
            try:
                self._on_lost(self.why())
            finally:
                os._exit(1)

    def _tick(self) -> None:
        if self._over.is_set():
            raise _Dismissed


def _how(ended: child_process.Ended) -> str:
    for message in ended.messages:
        if message["kind"] == "error":
            return f"failed: {message['message']} {message['hint']}".rstrip()
    if ended.code < 0:
        return f"was killed by {child_process.describe_signal(-ended.code)}"
    last = (ended.words.splitlines() or [""])[-1][:300]
    return f"ended with code {ended.code}: {last}".rstrip(": ")
