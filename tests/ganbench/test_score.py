"""Judging, with an extractor that sees eight numbers in a picture."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganbench import data, files, record, score
from ganbench.processes import Channel
from metrics.features import Features

LOOKED: list[int] = []


class EightNumbers:
    """Means and spreads of the colours: enough to tell photographs from paintings."""

    official, name, key, sha256 = True, "eight", "eight", "00"

    def __init__(self, weights, device):
        pass

    def protocol(self):
        return {"extractor": self.name}

    def features(self, pictures, on_progress):
        LOOKED.append(len(pictures))
        flat = pictures.reshape(len(pictures), -1, 3).astype(np.float32)
        mean, spread = flat.mean(1), flat.std(1)
        return Features(np.concatenate([mean, spread, mean[:, :2] * spread[:, :2]], 1))


@pytest.fixture
def job(two_domains, tmp_path, monkeypatch, a_record):
    monkeypatch.setattr("metrics.inception.Extractor", EightNumbers)
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    LOOKED.clear()
    pair = data.load(str(two_domains), None, None, 32)
    for name, status in (("whole", "done"), ("torn", "diverged")):
        folder = tmp_path / "suite" / name
        files.write_array(folder / "samples/1.npy", pair.source.pictures[:4])
        files.write_array(folder / "samples/2.npy", pair.target.pictures[:8])
        moments = tuple(record.Moment(i, i / 2, i, i, f"samples/{i}.npy") for i in (1, 2))
        done = record.Status(status, 2, 1.0)
        record.write(folder, replace(a_record, status=done, snapshots=moments, scores={}, curve=()))
    return {
        "folder": str(tmp_path / "suite"),
        "runs": ["whole", "torn"],
        "source_folder": str(pair.source.folder),
        "target_folder": str(pair.target.folder),
        "samples": 8,
        "curve_samples": 4,
        "metrics": ["fid", "mifid"],
        "weights": None,
        "device": "cpu",
    }


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr(Channel, "__init__", lambda self: None)
    monkeypatch.setattr(Channel, "send", lambda self, kind, **content: None)
    return Channel()


def test_a_finished_run_gets_its_scores_and_its_curve(job, silent):
    assert score.judge(job, silent) == {"primary": "fid"}
    run = record.read(Path(job["folder"]) / "whole")
    fid = run.scores["fid"]
    assert (fid.name, fid.count, fid.reference_count) == ("FID", 8, 8)
    assert fid.value == pytest.approx(0, abs=1e-3)  # its samples are the reference
    assert [point.scores["fid"].count for point in run.curve] == [4, 4]
    assert run.curve[0].scores["fid"].value > 100 * abs(fid.value)


def test_a_run_that_ended_badly_has_a_curve_and_no_score(job, silent):
    score.judge(job, silent)
    run = record.read(Path(job["folder"]) / "torn")
    assert run.scores == {}
    assert len(run.curve) == 2


def test_the_floor_halves_the_target_and_the_identity_is_the_source(job, silent):
    score.judge(job, silent)
    floor, identity = record.read_baselines(Path(job["folder"]))
    assert (floor.scores["fid"].count, floor.scores["fid"].reference_count) == (4, 4)
    assert (identity.scores["fid"].count, identity.scores["fid"].reference_count) == (8, 8)
    assert identity.scores["fid"].value > floor.scores["fid"].value


def test_what_was_judged_is_not_judged_again(job, silent, monkeypatch):
    score.judge(job, silent)
    LOOKED.clear()
    score.judge(job, silent)
    assert LOOKED == []
    monkeypatch.setattr(EightNumbers, "name", "nine")
    score.judge(job, silent)
    assert sorted(LOOKED) == [4, 4, 4, 8, 8, 8]  # curve points, samples, reference, identity


def test_a_metric_for_official_features_only_is_missing_elsewhere(job, silent, monkeypatch):
    monkeypatch.setattr(EightNumbers, "official", False)
    score.judge(job, silent)
    scores = record.read(Path(job["folder"]) / "whole").scores
    assert set(scores) == {"eight_fd", "eight_mifd"}
    assert scores["eight_mifd"].value is None
    assert "official Inception features only" in scores["eight_mifd"].note
    text = (Path(job["folder"]) / "whole" / "record.json").read_text()
    assert json.loads(text)["scores"]["eight_mifd"]["value"] is None
