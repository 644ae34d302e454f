"""How much memory a run takes beyond its framework."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ganbench import plan, processes, record
from ganbench.suite import from_values

IMPORT = "import torch; from ganbench import environment; print(environment.process_peak_bytes())"


def test_peak_memory_of_a_256_px_run_over_all_real_pictures(benchmark, tmp_path):
    """The promise is at most 1.5 GB above what importing torch takes."""
    if not os.environ.get("GANBENCH_MONET"):
        pytest.skip("the environment variable GANBENCH_MONET names no folder of real pictures")
    values = {
        "models": ["cyclegan-resnet"],
        "data": os.environ["GANBENCH_MONET"],
        "size": 256,
        "budget": "8step",
        "profile": "small",
        "device": "cpu",
        "samples": 16,
    }
    suite = from_values(values, "benchmark")
    made = plan.make(suite, tmp_path, lambda what, done, of: None)
    job = made.job(made.runs[0])
    benchmark.pedantic(lambda: processes.run("ganbench.worker", job), rounds=1)
    run = record.read(Path(job["folder"]))
    assert run.status.name == "done"
    assert run.cost.peak_memory_bytes
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True
    )
    bare = int(done.stdout)
    above = (run.cost.peak_memory_bytes - bare) / 1e9
    print(f"\n3,300 pictures at 256 px: {above:.2f} GB above the {bare / 1e9:.2f} GB of torch")
    assert above < 1.5
