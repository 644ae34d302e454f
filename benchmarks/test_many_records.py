"""The page and the list of very many runs: how long they take, and how large the page is.

Each record is a real one, of a DCGAN of version 0.1, under other names and with other numbers.
GANBENCH_RECORDS says how many there are; 10,000 take some minutes and 2 GiB of memory.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganbench import record

COUNT = int(os.environ.get("GANBENCH_RECORDS", "1000"))
MODELS = 10
OLD = Path(__file__).parents[1] / "tests/ganbench/version_0_1/results/old"
MOST_MEGABYTES = 3.0
MEASURE = """
import json, resource, sys, time
from pathlib import Path
from ganbench import report

began = time.perf_counter(), time.process_time()
page = report.build(Path(sys.argv[1]))
took = time.perf_counter() - began[0], time.process_time() - began[1]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"seconds": took, "MB": page.stat().st_size / 1e6, "GiB": peak}))
"""


def write(folder: Path) -> Path:
    """The results of so many runs."""
    (old,) = OLD.glob("dcgan*")
    run, lot, names = record.read(old), random.Random(0), []
    for place in range(COUNT):
        seed, model = divmod(place, MODELS)
        name = f"dcgan.pytorch-seed{seed}-{place:08x}"
        if seed == 0:
            shutil.copytree(old, folder / "s" / name)
        made = replace(
            run,
            key=f"{place:08x}",
            label=f"dcgan:width={8 * (model + 1)}",
            seed=seed,
            scores=other(run.scores, lot, 1 + model / MODELS),
            curve=tuple(replace(one, scores=other(one.scores, lot, 2.0)) for one in run.curve),
        )
        record.write(folder / "s" / name, made)
        names.append(name)
    about = record.read_suite(OLD)
    about.pop("sha256", None)
    labels = [f"dcgan:width={8 * (model + 1)}" for model in range(MODELS)]
    about |= {"name": "s", "runs": names, "models": labels, "frameworks": ["pytorch"]}
    record.write_suite(folder / "s", about | {"seeds": list(range(COUNT // MODELS))})
    record.write_baselines(folder / "s", record.read_baselines(OLD))
    return folder


def other(scores: dict[str, Any], lot: random.Random, level: float) -> dict[str, Any]:
    return {
        key: score
        if score.value is None
        else replace(score, value=score.value * level * lot.uniform(0.9, 1.1))
        for key, score in scores.items()
    }


def run_of(*words: object) -> tuple[str, float]:
    """What a process prints, and its CPU seconds."""
    before = os.times()
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True)
    after = os.times()
    return done.stdout, sum(after[2:4]) - sum(before[2:4])


def test_the_page_and_the_list_of_very_many_runs(benchmark, tmp_path):
    """The promise: a page that can be opened, however many runs there are."""
    results = write(tmp_path)
    size = sum(path.stat().st_size for path in results.glob("s/*/record.json")) / COUNT / 1000

    def build() -> str:
        return run_of(sys.executable, "-c", MEASURE, results)[0]

    found: dict[str, Any] = json.loads(benchmark.pedantic(build, rounds=1))
    listed, seconds = run_of(sys.executable, "-m", "ganbench", "ls", results)
    assert listed.count("\n") == COUNT + 1
    print(f"\n{COUNT:,} records of {size:.0f} kB: page in {found['seconds'][0]:.0f} s", end=" ")
    print(
        f"({found['seconds'][1]:.0f} of CPU), {found['MB']:.1f} MB, {found['GiB']:.2f} GiB", end=""
    )
    print(f"; ganbench ls in {seconds:.0f} s of CPU")
    assert found["MB"] < MOST_MEGABYTES
