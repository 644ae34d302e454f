"""The real command over models that need no framework: see tests/ganbench/light."""

import os
import subprocess
import sys
from pathlib import Path

from ganbench.cli.command import NAMED_ONCE

LIGHT = Path(__file__).parents[1] / "light"
SMALL = (
    *("--models", "toy-gan", "--seeds", "0,1", "--budget", "3step"),
    *("--snapshots", "2", "--frames", "2"),
)


def light(two_domains, results, *more):
    """The words of `ganbench run` on a suite called s; of an option named twice the last counts."""
    words = [
        *(sys.executable, LIGHT / "light_ganbench.py", "run", "--plugin", LIGHT / "toy_gan.py"),
        *("--data", two_domains, "--size", "32", "--samples", "8", "--metrics", "fwd"),
        *("--device", "cpu", "--threads", "1", "--name", "s", "--results", results, *more),
    ]
    words = list(map(str, words))
    for name in NAMED_ONCE:
        while words.count(name) > 1:
            at = words.index(name)
            del words[at : at + 2]
    return words


def started(words, cwd=None, out=subprocess.PIPE, **variables):
    """The process, which says all in one place."""
    return subprocess.Popen(
        words,
        cwd=cwd,
        env=os.environ | variables,
        stdout=out,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    """Its exit code, and all it has said."""
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def judged(words):
    """The same of a command that judges, and builds no page."""
    return ended(started(words, TRIAL_REPORT="scores"))
