"""kill -9 of the whole command at random moments; the same command again completes it."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from ganbench import record

MODELS = (
    "dcgan:width=4,latent=8,batch=2,dropout=0.5,"
    "cyclegan-resnet:width=4,d_width=4,d_layers=1,blocks=1,history=5"
)
STEPS = 150
KILLS = 6
# The command itself, but for saving more often than once a minute.
START = (
    "from ganbench.cli.main import main; from ganbench.planning import plan;"
    "plan.CHECKPOINT_SECONDS = 0.1; main()"
)

pytestmark = pytest.mark.slow


@pytest.fixture
def start(two_domains):
    """Start the command."""

    def call(results: Path) -> subprocess.Popen:
        words = (
            *("run", "--models", MODELS, "--metrics", "fwd", "--data", two_domains),
            *("--results", results, "--size", 32, "--budget", f"{STEPS}step", "--samples", 8),
            *("--profile", "small", "--device", "cpu", "--threads", 1),
        )
        return subprocess.Popen(
            [sys.executable, "-c", START, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )

    return call


def kill(process: subprocess.Popen) -> None:
    """End the command and all that it has started at one moment."""
    parent = psutil.Process(process.pid)
    parent.suspend()  # or it could start one more
    family = [parent, *parent.children(recursive=True)]
    for member in family:
        member.kill()
    process.communicate()
    psutil.wait_procs(family)


def killed(process: subprocess.Popen, seconds: float) -> bool:
    """Kill the command after some seconds; False when it has ended well before."""
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process)
        return True
    assert process.returncode == 0, said
    return False


def outcome(results: Path, results_of) -> dict:
    """All files of all runs that must repeat, and their scores."""
    folders = [path.parent for path in results.glob("*/*/record.json")]
    records = {folder.name: record.read(folder) for folder in folders}
    scores = {
        name: (made.scores, [point.scores for point in made.curve])
        for name, made in records.items()
    }
    assert len(folders) == 2 and all(one and all(curve) for one, curve in scores.values())
    return {f.name: (results_of({"folder": f}, STEPS), scores[f.name]) for f in folders}


def midway(results: Path) -> list[str]:
    """Runs that have been resumed from a checkpoint."""
    diaries = results.glob("*/*/events.jsonl")
    return [diary.parent.name for diary in diaries if '"resumed"' in diary.read_text()]


def test_a_command_killed_as_a_whole_completes_when_typed_again(
    start, results_of, chance, tmp_path
):
    began = time.perf_counter()
    assert not killed(start(tmp_path / "straight"), 600)
    whole = time.perf_counter() - began
    expected = outcome(tmp_path / "straight", results_of)
    blows = 0
    resumed: list[Any] = []
    for attempt in range(9):
        if blows >= KILLS and resumed:
            break
        results = tmp_path / f"attempt {attempt}"
        while killed(start(results), moment := chance.uniform(0, whole)):
            blows += 1
            print(f"killed after {moment:.1f} of {whole:.1f} s")
        assert outcome(results, results_of) == expected
        assert (results / "report.html").exists()
        resumed += midway(results)
    print(f"{blows} kills; resumed: {', '.join(resumed)}")
    assert blows >= KILLS and resumed
