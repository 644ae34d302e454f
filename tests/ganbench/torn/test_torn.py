"""Whatever tears or rots a file: it is noticed, it is one sentence, and what can be made again is.

Each file is cut at every 1/64 of its length and then gets flipped bits, which a seed decides.
"""

import random
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from ganbench import record
from ganbench.data import store
from ganbench.data.sources.decode import Picture
from ganbench.errors import InputError
from ganbench.record import Baseline, Moment
from ganbench.scoring import feature_cache
from ganbench.system import files
from ganbench.training import checkpoint
from ganbench.training.history import History
from metrics.sample import Sample

CUTS, FLIPS = 64, 96


def damages(path: Path):
    """Damage a file in every way, one after the other, and mend it in the end."""
    whole, chance = path.read_bytes(), random.Random(path.name)
    cut = (whole[: i * len(whole) // CUTS] for i in range(CUTS))
    for torn in chain(cut, (flipped(whole, chance) for _ in range(FLIPS))):
        assert torn != whole
        path.unlink(missing_ok=True)  # what is mapped into memory must not change
        path.write_bytes(torn)
        yield torn
    path.write_bytes(whole)


def flipped(whole: bytes, chance: random.Random) -> bytes:
    torn = bytearray(whole)
    for place in chance.sample(range(8 * len(whole)), chance.randint(1, 3)):
        torn[place // 8] ^= 1 << place % 8
    return bytes(torn)


def refused(path: Path, read) -> None:
    """Every damage is an InputError of one line; what is whole is not."""
    count = 0
    for torn in damages(path):
        with pytest.raises(InputError) as caught:
            pytest.fail(f"{read()} was believed of {torn!r}"[:500])
        assert "\n" not in str(caught.value)
        count += 1
    assert count == CUTS + FLIPS
    read()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """That the disk really has it is not what is tested."""
    monkeypatch.setattr("os.fsync", lambda handle: None)


@pytest.fixture
def run(tmp_path, a_record):
    """A finished run's folder."""
    array = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3)).astype(np.uint8)
    files.write_array(tmp_path / "samples/x.npy", array)
    record.write(tmp_path, a_record)
    return tmp_path


def test_a_torn_record_is_refused(run):
    refused(run / "record.json", lambda: record.read(run))


def test_torn_samples_are_refused(run, a_record):
    path = run / "samples/x.npy"
    seen = record.Record(**vars(a_record) | {"sha256": {"samples/x.npy": files.sha256(path)}})
    refused(path, lambda: record.array(run, seen, "samples/x.npy"))


def test_a_torn_description_and_torn_baselines_are_refused(tmp_path, a_record):
    record.write_suite(tmp_path, {"runs": ["a", "b"], "warnings": [], "primary": "fid"})
    refused(tmp_path / "suite.json", lambda: record.read_suite(tmp_path))
    record.write_baselines(tmp_path, (Baseline("floor", "half", a_record.scores),))
    refused(tmp_path / "baselines.json", lambda: record.read_baselines(tmp_path))


def test_evidence_that_is_torn_is_refused(tmp_path):
    path = tmp_path / "nearest.json"
    files.write_sealed(path, {"format": record.FORMAT, "rows": [], "real": [1.5, 2.5]})
    refused(path, lambda: files.read_sealed(path, old=True))


@pytest.mark.parametrize("name", ["checkpoint.json", "state.bin", "deeper/state.json"])
def test_of_a_torn_checkpoint_the_one_before_is_used_and_that_is_said(tmp_path, name):
    def write(folder):
        (folder / "deeper").mkdir()
        (folder / "state.bin").write_bytes(random.Random(1).randbytes(400))
        (folder / "deeper/state.json").write_text('{"random": [1, 2, 3, 4, 5, 6, 7, 8, 9]}')

    for steps in (1, 2):
        checkpoint.save(tmp_path, write, {"steps": steps})
    for _ in damages(tmp_path / "checkpoint" / name):
        path, state, problems = checkpoint.find(tmp_path)
        assert (path.name, state) == ("checkpoint-previous", {"steps": 1})
        assert len(problems) == 1 and "\n" not in problems[0]
    assert checkpoint.find(tmp_path)[1:] == ({"steps": 2}, [])


def test_a_torn_history_is_taken_from_its_copy(tmp_path):
    history = History(tmp_path / "history.csv")
    for step in range(1, 20):
        history.add(Moment(step, 0.0, step * 0.5, step * 4, ""), {"G": 1 / step}, 0)
    history.flush()
    saved, whole = history.state(), history.path.read_bytes()
    for _ in damages(history.path):
        assert History(history.path).restore(saved, tmp_path, 19)
        assert history.path.read_bytes() == whole


@pytest.mark.parametrize("name", ["domain.json", "pictures.npy"])
def test_a_torn_data_cache_is_made_again(tmp_path, monkeypatch, name):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    made = []

    def make(scratch):
        made.append(1)
        return 3, iter([(f"{i}.png", Picture(pixels[i], 8, 8)) for i in range(3)])

    recipe = store.Recipe("title", "fingerprint", 3, make)
    path = store.domain(recipe, 8).folder / name
    for count, _ in enumerate(damages(path), 2):
        found = store.domain(recipe, 8)
        assert np.array_equal(found.pictures, pixels) and len(made) == count
    store.domain(recipe, 8)
    assert len(made) == 1 + CUTS + FLIPS


@pytest.mark.parametrize("name", ["about.json", "pool.npy"])
def test_a_torn_feature_cache_is_made_again(tmp_path, monkeypatch, name):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    pool, made = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32), []

    def make():
        made.append(1)
        return Sample(pool=pool)

    def cached():
        return feature_cache.cached("content", {"extractor": "x"}, make)

    cached()
    for count, _ in enumerate(damages(feature_cache.key("content", {"extractor": "x"}) / name), 2):
        assert np.array_equal(cached().pool, pool) and len(made) == count
