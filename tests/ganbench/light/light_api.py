"""`ganbench.run` over models that need no framework, called as by a script: DATA RESULTS BUDGET.

After an interrupt it is called again, with a smaller budget.
"""

import signal
import sys
from pathlib import Path

from light_ganbench import run_light

import ganbench

run_light()
handler = signal.getsignal(signal.SIGINT)
data, results, budget = sys.argv[1:]


def run(budget):
    """One call."""
    found = ganbench.run(
        models=["toy-gan:seconds=0.05"],
        data=data,
        budget=budget,
        size=32,
        samples=8,
        metrics="fwd",
        device="cpu",
        plugins=Path(__file__).with_name("toy_gan.py"),
        name="s",
        results=results,
        say=lambda line: print(line, flush=True),
    )
    print(found.runs[0].status, found.runs[0].pictures().shape)


try:
    run(budget)
except KeyboardInterrupt:
    print("interrupted")
    run("3step")
assert signal.getsignal(signal.SIGINT) is handler
