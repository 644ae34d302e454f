"""What the rooms that all stages share do not load, in a process of their own."""

import subprocess
import sys

import pytest

HEAVY = ("PIL", "torch", "scipy", "pandas", "ganbench.data", "metrics.registry")


@pytest.mark.parametrize("module", ["budget", "record", "errors", "jobs", "system.child_process"])
def test_what_all_share_loads_neither_pillow_nor_the_data_package(module) -> None:
    code = f"import sys, ganbench.{module}; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
