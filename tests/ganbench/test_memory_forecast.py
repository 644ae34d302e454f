"""Memory: told beforehand, advised on where there is too little, and flat while a run trains."""

import csv
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

import numpy as np
import pytest
import torch

from ganbench import memory_forecast, record
from ganbench.planning import plan
from ganbench.planning.suite import from_values
from ganbench.system import available_memory, child_process
from ganbench.training import worker

MIB = 2**20
NEED = memory_forecast.Need(100 * MIB, 200 * MIB, 1600 * MIB, 0, 300 * MIB, 100 * MIB, 1000 * MIB)
GREEDY = """
import numpy as np
import torch
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    batch: int = 8
    latent: int = 3

class Greedy:
    framework = "pytorch"
    source = "noise"
    Settings = Settings
    def __init__(self, settings, task):
        self.size, self.device = task.size, task.device
        self.weight = torch.ones(2**18, device=task.device)
    def step(self, source, target):
        if self.device != "meta":
            {take}
        return {{"G": 1.0}}
    def generate(self, source):
        return np.zeros((len(source), self.size, self.size, 3), np.uint8)
    def save(self, folder):
        folder.mkdir(exist_ok=True)
    def load(self, folder):
        pass
"""
TOY = """
from dataclasses import dataclass
import numpy as np

@dataclass(frozen=True)
class Settings:
    batch: int = 2
    latent: int = 3

class Toy:
    framework = "pytorch"
    source = "noise"
    Settings = Settings
    def __init__(self, settings, task):
        self.size, self.steps, self.kept = task.size, 0, []
    def step(self, source, target):
        self.steps += 1
        {keep}
        return {{"G": 1.0 / self.steps, "D": self.steps % 7 + 0.5}}
    def generate(self, source):
        random = np.random.default_rng(0)
        return random.integers(0, 256, (len(source), self.size, self.size, 3)).astype(np.uint8)
    def save(self, folder):
        folder.mkdir(exist_ok=True)
        (folder / "steps").write_text(str(self.steps))
    def load(self, folder):
        self.steps = int((folder / "steps").read_text())
"""
ENDLESS = """
            import os, resource
            used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, resource.RLIM_INFINITY))
            self.kept = torch.ones(2**31)
"""


def advice(batch=16, size=256, need=NEED, label="cyclegan-resnet"):
    return memory_forecast.advice(need, label, "cyclegan-resnet", size, batch)


def short_of(mebibytes, **changes):
    return memory_forecast.Need(**{**vars(NEED), "available": mebibytes * MIB, **changes})


# Advice


def test_the_largest_batch_that_leaves_a_tenth_free_is_advised():
    assert advice() == (
        "batch=4 would need about 700 MiB of the 1000 MiB there: --models cyclegan-resnet:batch=4"
    )
    assert advice(need=short_of(1223)).startswith("batch=8 ")
    assert advice(need=short_of(1222)).startswith("batch=4 ")


def test_advice_is_below_the_batch_that_failed_even_if_that_should_have_fitted():
    assert advice(batch=6, need=short_of(99_000)).startswith("batch=4 ")


def test_a_label_keeps_its_other_settings():
    labelled = advice(label="cyclegan-resnet:blocks=6,batch=16")
    assert labelled.endswith(": --models cyclegan-resnet:blocks=6,batch=4")
    assert advice(label="mine").endswith(': batch = 4 in the settings of "mine"')


def test_smaller_pictures_are_advised_where_one_is_already_too_many():
    one = short_of(400, activations=100 * MIB)
    assert advice(batch=1, need=one) == (
        "128 px would need about 325 MiB of the 400 MiB there: --size 128"
    )
    assert advice(batch=4, need=one).endswith(": --size 128 --models cyclegan-resnet:batch=1")


def test_what_cannot_be_helped_is_said():
    assert advice(need=short_of(300)) == (
        "nothing smaller is known to fit: batch=1 at 256 px needs about 400 MiB, and 300 MiB"
        " are there"
    )


def test_without_a_measure_no_number_is_made_up():
    assert advice(need=None) == (
        "how much would fit is not known; less does --models cyclegan-resnet:batch=8"
    )
    assert advice(1, 64, short_of(0, available=None)).endswith("; less does --size 32")
    assert advice(1, 32, None) == "how much would fit is not known"


def test_a_prediction_is_told_in_parts():
    assert memory_forecast.describe(NEED) == (
        "about 1.9 GiB of tensors (parameters 0.10, gradients and optimiser 0.20, activations 1.6)"
    )
    small = memory_forecast.Need(2 * MIB, 150 * MIB, 9 * MIB, 0, 0, 0, None)
    assert memory_forecast.describe(small).endswith(
        "161 MiB of tensors (parameters 2.0, gradients and optimiser 150, activations 9.0)"
    )


def test_what_needs_nine_tenths_of_the_memory_fits_and_a_byte_more_does_not():
    need = memory_forecast.Need(200, 300, 350, 50, 0, 0, 1000)
    assert need.total == 900 and need.fits
    assert not replace(need, remembered=51).fits
    assert replace(need, remembered=10**12, available=None).fits


def test_a_batch_needs_what_is_fixed_and_its_pictures_by_their_pixels():
    assert NEED.at(3) == 600 * MIB and NEED.at(4, 0.25) == 400 * MIB


def test_a_batch_or_a_size_that_just_fits_is_advised():
    assert advice(batch=2, need=replace(short_of(0), available=round(400 * MIB / 0.9) + 1)) == (
        "batch=1 would need about 400 MiB of the 444 MiB there: --models cyclegan-resnet:batch=1"
    )
    exact = replace(NEED, fixed=0, per_picture=4 * 900, available=1000)
    assert advice(batch=1, need=exact).endswith(": --size 128")
    assert advice(batch=1, need=replace(exact, available=999)).endswith(": --size 64")


def test_no_size_is_advised_that_the_models_cannot_draw():
    def sizes(size):
        return memory_forecast._smaller_sizes(size)

    assert sizes(256) == [128, 64, 32] and sizes(32) == [] and sizes(31) == []
    assert sizes(96) == [48] and sizes(100) == [] and sizes(72) == [36]
    assert [memory_forecast._smaller_batches(batch) for batch in (1, 2, 5, 8)] == [
        [], [1], [4, 2, 1], [4, 2, 1],
    ]  # fmt: skip


# What there is


def group(place, limit, used, idle):
    place.mkdir(parents=True, exist_ok=True)
    (place / "memory.max").write_text(f"{limit}\n")
    (place / "memory.current").write_text(f"{used}\n")
    (place / "memory.stat").write_text(f"anon 400\ninactive_file {idle}\n")


def left(tmp_path, told=None):
    """What is left to a process of whose groups the system tells so."""
    if told:
        (tmp_path / "ours").write_text(told)
    return available_memory._left_in_group(tmp_path / "groups", tmp_path / "ours")


def test_the_limit_of_a_container_counts(tmp_path):
    assert left(tmp_path) is None
    group(tmp_path / "groups", "max", 600, 150)
    assert left(tmp_path) is None
    group(tmp_path / "groups", 1000, 600, 150)
    assert left(tmp_path) == left(tmp_path, "0::/\n") == 550


def test_of_groups_within_groups_the_least_counts(tmp_path):
    group(tmp_path / "groups", "max", 900, 0)
    group(tmp_path / "groups/slurm/job_7", 1000, 600, 0)
    group(tmp_path / "groups/slurm/job_7/step_0", 2000, 600, 0)
    assert left(tmp_path, "0::/slurm/job_7/step_0\n") == 400
    assert left(tmp_path, "0::/slurm/job_8\n") is None


def test_groups_of_the_older_kind_count_too(tmp_path):
    place = tmp_path / "groups/memory/slurm/job_7"
    place.mkdir(parents=True)
    (place / "memory.limit_in_bytes").write_text("1000")
    (place / "memory.usage_in_bytes").write_text("600")
    (place / "memory.stat").write_text("total_inactive_file 50")
    assert left(tmp_path, "4:cpu,memory:/slurm/job_7\n0::/\n") == 450


def test_what_ulimit_leaves_of_the_addresses_counts():
    limit = 64 * 2**30
    code = (
        "import psutil, resource\n"
        "from ganbench.system import available_memory\n"
        "print(available_memory._left_of_addresses())\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
        "print(available_memory._left_of_addresses(), psutil.Process().memory_info().vms)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, left, used = done.stdout.split()
    assert before == "None"
    assert int(left) == pytest.approx(limit - int(used), abs=16 * MIB)


# Whole runs


@pytest.fixture
def make_job(two_domains, tmp_path, describe_here):
    def make(text, name, **more):
        (tmp_path / f"{name}.py").write_text(text)
        values = {
            "models": [name],
            "plugins": [str(tmp_path / f"{name}.py")],
            "data": str(two_domains),
            "size": 32,
            "budget": "12step",
            "device": "cpu",
            "threads": 1,
            "samples": 8,
            "curve_samples": 4,
            **more,
        }
        suite = from_values(values, "test")
        made = plan.make(suite, tmp_path / "results", lambda what, done, of: None)
        return made.job(made.runs[0])

    return make


class Nobody:
    gone = False

    def send(self, kind, **content):
        pass


@pytest.fixture
def work_here(monkeypatch):
    monkeypatch.setattr("ganbench.training.worker.signal.signal", lambda number, handler: None)
    threads = torch.get_num_threads()

    def work(job):
        worker.work(job, Nobody())
        return record.read(job.folder)

    yield work
    torch.set_num_threads(threads)


def test_a_run_without_room_says_what_would_fit(make_job, work_here, monkeypatch):
    monkeypatch.setattr(available_memory, "available", lambda framework, device: 10 * MIB)
    job = make_job(GREEDY.format(take="raise MemoryError('no room')"), "greedy")
    assert job.memory.available == 10 * MIB
    made = work_here(job)
    assert made.status.name == "out_of_memory"
    assert made.status.reason == (
        "MemoryError: no room; batch=4 would need about 1 MiB of the 10 MiB there:"
        " --models greedy:batch=4"
    )


def test_what_the_failed_step_held_is_gone_when_the_record_is_written(
    make_job, work_here, monkeypatch
):
    take = "held = [torch.ones(9)]; np.held_by_greedy = weakref.ref(held[0]); raise MemoryError"
    job = make_job("import weakref\n" + GREEDY.format(take=take), "greedy")
    monkeypatch.setattr(np, "held_by_greedy", None, raising=False)
    monkeypatch.setattr(
        memory_forecast, "advice", lambda *_: f"held: {attrgetter('held_by_greedy')(np)()}"
    )
    assert work_here(job).status.reason == "MemoryError: ; held: None"


@pytest.fixture
def addresses():
    """Whatever limit a model sets is taken back."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits addresses")
def test_a_process_that_really_gets_no_memory_says_what_would_fit(make_job, work_here, addresses):
    status = work_here(make_job(GREEDY.format(take=ENDLESS), "greedy")).status
    assert status.name == "out_of_memory"
    assert "allocate memory" in status.reason
    assert "; batch=4 would need about 1 MiB of the " in status.reason


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits addresses")
def test_a_worker_that_really_gets_no_memory_says_what_would_fit(make_job):
    job = make_job(GREEDY.format(take=ENDLESS), "greedy")
    assert child_process.run("ganbench.training.worker", job).code == 0
    status = record.read(job.folder).status
    assert status.name == "out_of_memory"
    assert "; batch=4 would need about 1 MiB of the " in status.reason


def test_a_plan_that_will_not_fit_warns_and_says_what_would(
    two_domains, tmp_path, monkeypatch, ganbench
):
    monkeypatch.setattr(available_memory, "available", lambda framework, device: MIB)
    code, out, _ = ganbench(
        *("run", "--models", "dcgan:width=8,batch=16", "--data", two_domains, "--size", "32"),
        *("--dry-run", "--results", tmp_path / "results", "--device", "cpu", "--samples", "8"),
    )
    assert code == 0
    assert "of tensors (parameters 0." in out
    assert "dcgan:width=8,batch=16 will probably not fit: about 4 MiB of tensors, 1 MiB" in out
    assert "; nothing smaller is known to fit: batch=1 at 32 px needs about 2 MiB, and 1 MiB" in out


@pytest.fixture
def blocks(monkeypatch):
    """What Python has allocated after every hundredth step of a run, once all is saved."""
    between, counted = worker.Worker.between, []

    def count(self, steps, progress, losses):
        going = between(self, steps, progress, losses)
        if steps % 100 == 0:
            self.resumable.save()
            gc.collect()
            counted.append(sys.getallocatedblocks())
        return going

    monkeypatch.setattr(worker.Worker, "between", count)
    return counted


@pytest.mark.parametrize(("keep", "each"), [("pass", 0.0), ("self.kept.append([])", 1.0)])
def test_no_step_leaves_an_object_behind(make_job, work_here, blocks, keep, each):
    job = make_job(TOY.format(keep=keep), "toy", budget="500step", frames=2, snapshots=1)
    assert work_here(job).used.steps == 500
    growth = [(after - before) / 100 for before, after in pairwise(blocks[1:])]
    assert statistics.median(growth) == pytest.approx(each, abs=0.2)  # others may free theirs


FLAT = """
import json, sys
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from ganbench.jobs import TrainJob
from ganbench.system import child_process
from ganbench.training import worker
class Nobody:
    gone = False
    def send(self, kind, **content): pass
shared = set(Path("/dev/shm").iterdir())
worker.work(child_process.validated(TrainJob, open(sys.argv[1]).read()), Nobody())
maps = Path("/proc/self/maps").read_text()
print(json.dumps({
    "left": [str(path) for path in set(Path("/dev/shm").iterdir()) - shared],
    "mapped": [line for line in maps.splitlines() if "/dev/shm" in line],
}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "model",
    [
        "dcgan:width=4,batch=2",
        "cyclegan-resnet:width=4,d_width=4,blocks=1,batch=1,history=10",
    ],
)
@pytest.mark.parametrize("checkpoint_seconds", [60.0, 2.0])
def test_memory_is_flat_and_nothing_is_shared(
    two_domains, tmp_path, describe_here, monkeypatch, model, checkpoint_seconds
):
    """Under 1 MB in 1,000 steps, all that a run does included: rows, films, checkpoints.

    glibc gives the free end of its heap back and takes it again, a megabyte or two at a time, with
    and without checkpoints; here it keeps it, so that what is seen is what grows.
    """
    monkeypatch.setattr(plan, "CHECKPOINT_SECONDS", checkpoint_seconds)
    values = {"models": [model], "data": str(two_domains), "size": 32, "budget": "3000step"}
    values |= {"profile": "small", "device": "cpu", "threads": 1, "samples": 8}
    suite = from_values(values, "test")
    made = plan.make(suite, tmp_path / "results", lambda what, done, of: None)
    job = made.job(made.runs[0])
    (tmp_path / "job.json").write_text(json.dumps(child_process.plain(job)))
    command = [sys.executable, "-c", FLAT, str(tmp_path / "job.json")]
    environment = {**os.environ, "MALLOC_TRIM_THRESHOLD_": str(2**30)}
    done = subprocess.run(
        command, check=True, timeout=1800, capture_output=True, text=True, env=environment
    )
    assert json.loads(done.stdout) == {"left": [], "mapped": []}
    with (job.folder / "history.csv").open() as file:
        rows = [(int(row["step"]), int(row["memory_bytes"])) for row in csv.DictReader(file)]
    steps, resident = zip(*(row for row in rows if row[0] > 1000), strict=True)
    growth = statistics.linear_regression(steps, resident).slope * 1000
    print(f"{model}: {growth / 1e6:+.3f} MB in 1,000 steps")
    assert len(steps) == 2000
    assert growth < 1e6
