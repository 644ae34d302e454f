"""A small suite as the runner leaves it: one run that is done, and one whose loss broke."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganbench import record
from ganbench.record import CurvePoint, Moment, Record, Status, Used
from ganbench.system import files

HISTORY = """step,seconds,pictures,pictures_per_second,memory_bytes,D,G
1,0.5,16,32,1000,1.3862943611198906,0.7
5,2.5,80,32,1200,1.25,0.6931471805599453
10,5.0,160,32,1100,{last},0.5
"""
STARTED = '{"time": "2026-11-29T12:00:00+00:00", "event": "started"}\n'
BEGAN = 1795953600.0  # the same, in seconds since 1970


def write_run(suite: Path, run: Record, last: float = 1.0) -> Path:
    """A run's folder: record, losses, three frames of 16 pictures and 20 samples."""
    folder = suite / f"{run.model}.{run.framework}-seed{run.seed}-{run.key}"
    frames = [Moment(step, step / 10, step / 2, 16 * step, f"film/{step}.npy")
              for step in (0, 5, 10)]  # fmt: skip
    sample = replace(frames[-1], file="samples/10.npy")
    random = np.random.default_rng(run.seed)
    for moment, count in [(frame, 16) for frame in frames] + [(sample, 20)]:
        files.write_array(
            folder / moment.file, random.integers(0, 256, (count, 8, 8, 3)).astype(np.uint8)
        )
    files.write_text(folder / "history.csv", HISTORY.format(last=last))
    files.write_text(folder / "events.jsonl", STARTED)
    named = [*(frame.file for frame in frames), sample.file, "history.csv"]
    run = replace(run, film=tuple(frames), snapshots=(sample,),
                  sha256={name: files.sha256(folder / name) for name in named})  # fmt: skip
    record.write(folder, run)
    return folder


@pytest.fixture
def made(tmp_path, a_record):
    """Writes a results folder of runs with these changes; returns it."""

    def make(*changes: dict, name: str = "s") -> Path:
        results = tmp_path / "results"
        fid = a_record.scores["fid"]
        curve = tuple(
            CurvePoint(step, step / 2, 16 * step, {"fid": replace(fid, value=100.0 / step)})
            for step in (5, 10)
        )
        plain = replace(a_record, curve=curve, used=Used(10, 5.0, 160, wall_seconds=9.0))
        folders = [
            write_run(results / name, replace(plain, key=f"0123abc{i}", **change),
                      float("nan") if change.get("status") else 1.0)
            for i, change in enumerate(changes)
        ]  # fmt: skip
        record.write_suite(
            results / name, {"name": name, "runs": [folder.name for folder in folders]}
        )
        return results

    return make


@pytest.fixture
def results(made):
    """Two seeds; the second diverged."""
    return made({}, {"seed": 1, "status": Status("diverged", 10, 1.0, "loss D is not a number")})
