"""How long one waits before anything happens."""

import subprocess
import sys


def test_help_after_the_first_call(benchmark):
    """`ganbench --help`; the promise is under 0.3 s."""

    def call():
        subprocess.run(
            [sys.executable, "-m", "ganbench", "--help"], check=True, capture_output=True
        )

    benchmark.pedantic(call, rounds=5, warmup_rounds=1)
    print(f"\nganbench --help: {benchmark.stats.stats.median:.2f} s")
