"""What all tests share: a cache of their own, no downloads, and small made-up pictures."""

import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # before torch is loaded; see child_process.py
# A worker spends half of its start compiling torch where no process has left its bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "PYTEST_XDIST_WORKER" in os.environ:  # a process a core: threads would wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.dont_write_bytecode = False

# Not `quick`: whole commands, what kills and damages, the proofs against other implementations.
LONG = (
    "docs/test_commands.py",
    "ganbench/cli/test_main.py",
    "ganbench/faults/",
    "ganbench/hostile/",
    "ganbench/kills/",
    "ganbench/planning/test_new_plugin.py",
    "ganbench/report/test_accessibility.py",
    "ganbench/report/test_browser.py",
    "ganbench/runner/cluster/test_fleet.py",
    "ganbench/runner/test_mirror.py",
    "ganbench/runner/test_slurm.py",
    "ganbench/runner/test_survival.py",
    "ganbench/torn/",
    "ganbench/trackers/test_mlflow_store.py",
    "ganbench/trackers/test_tensorboard_log.py",
    "ganbench/trackers/test_wandb_offline.py",
    "metrics/extractors/",
    "metrics/test_ladder.py",
    "metrics/test_parity.py",
    "metrics/test_sensitivity.py",
    "test_notebook.py",
)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("GANBENCH_OFFLINE", "1")
        patch.delenv("GANBENCH_INCEPTION", raising=False)
        yield


@pytest.fixture(scope="session")
def two_domains(tmp_path_factory) -> Path:
    """A folder with 12 `photo` and 8 `monet` pictures of 32 px, in different colours."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for name, count, tint in (("photo", 12, (0.4, 0.6, 1.0)), ("monet", 8, (1.0, 0.8, 0.5))):
        (folder / name).mkdir()
        for i in range(count):
            coarse = random.integers(0, 256, (8, 8, 3)) * np.array(tint)
            pixels = np.kron(coarse, np.ones((4, 4, 1))).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i:02d}.png")
    return folder


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Keep files without TensorFlow tests out of TensorFlow's run: some import torch."""
    alone = "tensorflow" in re.sub("not tensorflow", "", config.getoption("markexpr"))
    if not alone or collection_path.suffix != ".py":
        return None
    return "mark.tensorflow" not in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that is not named as long is quick, a new file too."""
    tests = Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(tests):  # benchmarks
            continue
        if not item.path.relative_to(tests).as_posix().startswith(LONG):
            item.add_marker("quick")
