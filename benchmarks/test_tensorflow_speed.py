"""A TensorFlow step against the Keras documentation's way (`usual_keras.py`), on the CPU.

Each side has a process of its own, set up as its users set it up, and the two take turns: whatever
else the machine does slows both, so read the ratio, not the speed. The promise is a ratio of at
least 1 at the same settings. The processes meet TensorFlow, this one does not: others in
`make speed` bring torch.
Last measured, two quiet hyperthreads, median of 11 turns: DCGAN small 1.29, CycleGAN small 1.30.
The full widths were not measured since the last change.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("tensorflow"), reason="TensorFlow is not installed"
)
TURNS = 11
PROMISE = 1.0
# At our own defaults a CycleGAN does more: see usual_keras.
HELD_TO_IT = ("dcgan-small", "dcgan", "cyclegan-small", "cyclegan")
# The documentation's CycleGAN remembers no fakes and teaches all networks at once.
TUTORIAL = {"update": "together", "history": 0}
CASES = {
    "dcgan-small": {"model": "dcgan", "small": True, "steps": 15},
    "dcgan": {"model": "dcgan", "settings": {"batch": 32}, "steps": 2},
    "cyclegan-small": {
        "model": "cyclegan-resnet",
        "small": True,
        "settings": TUTORIAL,
        "steps": 6,
    },
    "cyclegan-small-paper": {"model": "cyclegan-resnet", "small": True, "steps": 6},
    "cyclegan": {"model": "cyclegan-resnet", "settings": {"blocks": 3} | TUTORIAL, "steps": 2},
}


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
    script = Path(__file__).with_name("tensorflow_side.py")
    process = subprocess.Popen(
        [sys.executable, str(script), json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    with process:
        try:
            yield Side(process)
        except BaseException:
            process.kill()
            raise


@pytest.mark.parametrize("case", CASES)
def test_a_step_beside_the_usual_one(benchmark, case):
    with ExitStack() as stack:
        ours, usual = (
            stack.enter_context(started({"side": side} | CASES[case])) for side in ("ours", "usual")
        )
        assert ours.read() == usual.read(), "the two train networks of different sizes"
        theirs: list[list[float]] = []
        mine: list[list[float]] = []
        benchmark.pedantic(
            lambda: mine.append(ours.round()),
            setup=lambda: theirs.append(usual.round()),
            rounds=TURNS,
        )
    found = compared(mine, theirs)
    benchmark.extra_info |= found
    print(f"\n{case}: " + ", ".join(f"{name} {value:.3g}" for name, value in found.items()))
    if case in HELD_TO_IT:
        assert found["times_usual"] >= PROMISE


def compared(mine: list[list[float]], theirs: list[list[float]]) -> dict[str, float]:
    """Ratios of speeds, ours to the usual: the median over neighbouring turns, and its spread."""
    wall = sorted(t[0] / m[0] for m, t in zip(mine, theirs, strict=True))
    cpu = [t[1] / m[1] for m, t in zip(mine, theirs, strict=True)]
    return {
        "times_usual": statistics.median(wall),
        "least": wall[0],
        "most": wall[-1],
        "times_usual_by_cpu_seconds": statistics.median(cpu),
        "seconds_a_round": statistics.median(m[0] for m in mine),
    }
