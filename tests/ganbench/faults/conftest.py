"""What the trials train: a toy on two small sets of pictures."""

from pathlib import Path

import pytest

from ganbench.data import load
from ganbench.jobs import Counts, Run, TrainJob

HERE = Path(__file__).parent


@pytest.fixture
def make_job(two_domains):
    """A worker's job by seed and budget."""
    return lambda seed, budget: _job(two_domains, seed, budget)


def _job(pictures, seed, budget):
    source, target = (load.load_one(str(pictures / name), 16) for name in ("photo", "monet"))
    run = Run(
        model="toy",
        address=f"{HERE / 'toy.py'}:Toy",
        framework="pytorch",
        label=f"run{seed}",
        source="noise",
        settings={"batch": 2, "latent": 3},
        seed=seed,
        budget=budget,
        size=16,
        flip=True,
        jitter=0.0,
        data=(source.fingerprint, target.fingerprint),
        samples=4,
        curve_samples=2,
        snapshots=1,
        frames=2,
        device="cpu",
        code="",
    )
    return TrainJob(
        run=run,
        key=run.key,
        suite="s",
        folder=Path(f"run{seed}"),
        device="cpu",
        threads=1,
        stop_collapsed=False,
        checkpoint_seconds=0.0,
        message_seconds=0.0,
        source_folder=source.folder,
        target_folder=target.folder,
        counts=Counts(len(source.names), len(target.names)),
        data={},
        parameters={},
        flop_per_step=None,
        memory=None,
    )
