"""How much memory a run takes beyond its framework, and whether that was predicted."""

import json
import os
import subprocess
import sys

import pytest

from ganbench import memory_forecast, record
from ganbench.planning import inspect_models, plan
from ganbench.planning.suite import choices, from_values
from ganbench.system import child_process
from ganzoo import registry
from ganzoo.settings import resolve

IMPORT = (
    "import torch; from ganbench.system import environment;print(environment.process_peak_bytes())"
)


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
    benchmark.pedantic(lambda: child_process.run("ganbench.training.worker", job), rounds=1)
    run = record.read(job.folder)
    assert run.status.name == "done"
    assert run.cost.peak_memory_bytes
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True
    )
    bare = int(done.stdout)
    above = (run.cost.peak_memory_bytes - bare) / 1e9
    print(f"\n3,300 pictures at 256 px: {above:.2f} GB above the {bare / 1e9:.2f} GB of torch")
    assert above < 1.5


# One step takes hundreds of megabytes and a few seconds.
SIZES = {
    "dcgan": (64, "width=32,batch=64"),
    "cyclegan-unet": (256, "width=16,d_width=16,batch=2,history=2"),
    "cyclegan-resnet": (256, "width=16,d_width=16,blocks=3,history=2"),
}
MEASURE = """
import json, sys
from pathlib import Path
import numpy as np, torch
from ganbench.planning.inspect_models import blank_batch
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

torch.set_num_threads(1)
name, size, overrides = json.loads(sys.argv[1])
device = "cuda" if torch.cuda.is_available() else "cpu"
kind = registry.load(registry.select(name)[0])

def resident(line):
    if device == "cuda":
        return torch.cuda.max_memory_allocated() if line == "VmHWM" else 0
    (found,) = [l for l in Path("/proc/self/status").read_text().splitlines() if line in l]
    return int(found.split()[1]) * 1024

def two_steps(size, overrides):
    settings = resolve(kind.Settings, name, overrides)
    trainer = kind(settings, Task(size, 0, device))
    if device == "cpu":
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    for _ in range(2):
        trainer.step(*blank_batch(kind, settings, size))

small = {"width": 4, "batch": 2}
small |= {} if name == "dcgan" else {"d_width": 4}
two_steps(64, small)  # kernels and libraries are there
before = resident("VmRSS")
two_steps(size, overrides)
print(json.dumps({"device": device, "bytes": resident("VmHWM") - before}))
"""
# Large pieces come from the system and go back to it, so that what is free does not count.
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", SIZES)
def test_predicted_against_measured_memory(benchmark, name):
    """The promise is 25%: of the peak in two steps, above what the process took before."""
    size, changes = SIZES[name]
    overrides = choices((f"{name}:{changes}",))[0].settings
    kind = registry.load(registry.select(name)[0])
    found = inspect_models.measure_on_meta(kind, resolve(kind.Settings, name, overrides), size)
    assert found
    assert found.memory
    need = memory_forecast.Need(**found.memory, available=None)
    command = [sys.executable, "-c", MEASURE, json.dumps([name, size, overrides])]
    environment = {**os.environ, **MALLOC}
    done = benchmark.pedantic(
        lambda: subprocess.run(command, capture_output=True, check=True, env=environment), rounds=1
    )
    measured = json.loads(done.stdout)
    ratio = need.total / measured["bytes"]
    print(
        f"\n{name} on {measured['device']}: {need.total / 1e6:.0f} MB predicted,"
        f" {measured['bytes'] / 1e6:.0f} MB measured, ratio {ratio:.3f}"
    )
    assert 0.75 < ratio < 1.25
