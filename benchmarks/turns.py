"""Two sides that take turns: whatever else the machine does slows both, so ratios can be read."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

TURNS = 11
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
OURS = {"GOMP_SPINCOUNT": "10000"}  # as ganbench/system/child_process.py starts a worker


class Side:
    """A process that trains a round whenever it is told to."""

    def __init__(self, process: subprocess.Popen[str]):
        self.process = process

    def read(self) -> Any:
        """What it says next."""
        line = self.process.stdout.readline()
        assert line, "a side of the comparison ended; its error is above"
        return json.loads(line)

    def round(self) -> list[float]:
        """Seconds of a round, by the wall clock and of CPU."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.read()


@contextmanager
def started(job: dict[str, Any]) -> Iterator[Side]:
    """A side from its start to its end."""
    script = Path(__file__).with_name("side.py")
    process = subprocess.Popen(
        [sys.executable, str(script), json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | QUIET | (OURS if job["side"] == "ours" else {}),
    )
    with process:
        try:
            yield Side(process)
        except BaseException:
            process.kill()
            raise


def compared(
    benchmark: Any, ours: dict[str, Any], theirs: dict[str, Any], turns: int = TURNS
) -> dict[str, float]:
    """How many times as fast ours is: the median over neighbouring turns, with its spread.

    AssertionError where the two train networks of different sizes.
    """
    with ExitStack() as stack:
        sides = [stack.enter_context(started(job)) for job in (ours, theirs)]
        weights = [side.read() for side in sides]
        assert weights[0] == weights[1], "the two train networks of different sizes"
        mine: list[list[float]] = []
        peers: list[list[float]] = []
        benchmark.pedantic(
            lambda: mine.append(sides[0].round()),
            setup=lambda: peers.append(sides[1].round()),
            rounds=turns,
        )
    wall = sorted(p[0] / m[0] for m, p in zip(mine, peers, strict=True))
    return {
        "ratio": statistics.median(wall),
        "least": wall[0],
        "most": wall[-1],
        "ratio_by_cpu_seconds": statistics.median(
            p[1] / m[1] for m, p in zip(mine, peers, strict=True)
        ),
        "steps_per_second": ours["steps"] / statistics.median(m[0] for m in mine),
    }
