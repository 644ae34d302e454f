"""`ganbench score --check RUN`."""

import json
import shutil
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from ganbench import record
from ganbench.data.split import Split
from ganbench.data.store import open_domain
from ganbench.system.child_process import Channel
from metrics import addresses, registry


@pytest.fixture
def judge(suite, monkeypatch, eight):
    """Judge the run `whole` as a suite does, by an extractor that says all it is."""
    from ganbench.scoring import suite_scorer

    monkeypatch.setattr(Channel, "__init__", lambda self: None)
    monkeypatch.setattr(Channel, "send", lambda self, kind, **content: None)
    monkeypatch.setattr(eight, "name", "random-Inception")
    choices = {"resize": "tf", "precision": "fp32", "engine": "torch"}
    told = json.loads((suite / "whole/run.json").read_text())
    domains = tuple(open_domain(Path(told[f"{side}_folder"])) for side in ("source", "target"))
    metrics = [registry.get(name) for name in ("fid", "precision")]
    extractor = eight(None, None, "cpu", **choices)

    def judge(split: Split) -> None:
        scorer = suite_scorer.Scorer(
            metrics, extractor, domains, (8, 4), lambda *_, **__: None, "cpu", split
        )
        suite_scorer.score_run([scorer], suite / "whole")
        assert record.read(suite / "whole").scores["fid"].value > 0

    return judge


@pytest.fixture
def judged(suite, judge):
    """Judged by all pictures."""
    judge(Split())
    return suite / "whole"


def rewrite(folder: Path, key: str = "fid", /, **changes) -> None:
    run = record.read(folder)
    scores = run.scores | {key: replace(run.scores[key], **changes)}
    record.write(folder, replace(run, scores=scores))


def test_a_sound_record_agrees(ganbench, judged):
    code, out, err = ganbench("score", "--check", judged)
    assert (code, err) == (0, "")
    assert out.count("agrees") == 3  # two scores and the conclusion
    assert "1e-06" in out


def test_a_run_with_pictures_held_out_is_held_against_those(ganbench, suite, judge):
    judge(Split(0.5, "test"))
    folder = suite / "whole"
    told = json.loads((folder / "run.json").read_text())
    asked = {"held_out": 0.5, "judge_on": "test"}
    (folder / "run.json").write_text(json.dumps(told | {"run": asked}))
    assert ganbench("score", "--check", folder)[0] == 0
    (folder / "run.json").write_text(json.dumps(told | {"run": asked | {"judge_on": "validation"}}))
    assert ganbench("score", "--check", folder)[0] == 4
    (folder / "run.json").write_text(json.dumps(told | {"run": asked | {"held_out": "half"}}))
    code, _, err = ganbench("score", "--check", folder)
    assert code == 2 and "run.json is damaged" in err


def test_a_run_from_noise_on_one_set_is_made_again(ganbench, judged):
    told = json.loads((judged / "run.json").read_text())
    (judged / "run.json").write_text(json.dumps(told | {"source_folder": None}))
    assert ganbench("score", "--check", judged)[0] == 0
    record.write(judged, replace(record.read(judged), source="pictures"))
    code, _, err = ganbench("score", "--check", judged)
    assert code == 2 and "run.json is damaged" in err


def test_a_changed_number_differs(ganbench, judged):
    stored = record.read(judged).scores["fid"].value
    rewrite(judged, value=stored * (1 + 1e-5))
    code, out, _ = ganbench("score", "--check", judged)
    assert code == 4
    assert "differs" in out and "does not agree" in out


def test_changed_samples_differ(ganbench, judged):
    samples = np.load(judged / "samples/2.npy")
    samples[0] = 255 - samples[0]
    np.save(judged / "samples/2.npy", samples)
    assert ganbench("score", "--check", judged)[0] == 4


def test_a_missing_number_agrees_with_a_missing_number_only(ganbench, judged):
    rewrite(judged, value=None)
    assert ganbench("score", "--check", judged)[0] == 4


def test_an_older_version_of_the_first_metric_leaves_the_record_unconfirmed(ganbench, judged):
    rewrite(judged, version=0, value=1.0)
    code, out, _ = ganbench("score", "--check", judged)
    assert code == 4
    assert "not compared: version 0 of the metric is stored, 1 is here" in out
    assert "not confirmed: FID, which decides, was not compared; 1 of 2 scores compared" in out


def test_a_later_metric_that_is_not_compared_is_counted(ganbench, judged):
    rewrite(judged, "precision", version=0)
    code, out, _ = ganbench("score", "--check", judged)
    assert code == 0
    assert "agrees, 1 of 2 scores compared" in out


@pytest.fixture
def broken_plugin(monkeypatch):
    """An installed package whose metric does not load."""
    point = EntryPoint("torn", "no_such_package:TORN", registry.GROUP)
    monkeypatch.setattr(addresses, "_installed", lambda group: [point])


def test_a_broken_installed_plugin_does_not_hinder_a_check(ganbench, judged, broken_plugin):
    code, out, err = ganbench("score", "--check", judged)
    assert code == 0 and "agrees, 2 of 2 scores compared" in out
    assert err.startswith("note: left out: metric torn (no_such_package:TORN) does not load")


def test_a_broken_installed_plugin_does_not_hinder_the_list(ganbench, broken_plugin):
    code, out, err = ganbench("list", "metrics")
    assert code == 0 and out.startswith("fid ") and "torn" not in out
    assert "left out: metric torn" in err
    code, out, err = ganbench("list", "extractors")
    assert code == 0 and out.startswith("inception ") and "torn" not in out
    assert "left out: extractor torn" in err


def test_a_broken_plugin_file_that_was_named_is_an_error(ganbench, tmp_path):
    file = tmp_path / "torn.py"
    file.write_text('import no_such_package\nTORN = Metric(name="torn")\n')
    code, _, err = ganbench("list", "metrics", "--plugin", file)
    assert code == 2 and "metric torn" in err and "does not load" in err


def test_a_reference_that_is_gone_is_one_sentence(ganbench, judged, tmp_path):
    shutil.rmtree(tmp_path / "cache" / "data")
    code, _, err = ganbench("score", "--check", judged)
    assert code == 2 and "no longer in the cache" in err


def test_other_weights_are_one_sentence(ganbench, judged, monkeypatch, eight):
    monkeypatch.setattr(eight, "sha256", "ffffffffff")
    code, _, err = ganbench("score", "--check", judged)
    assert code == 2
    assert "made with weights 01234567, here are ffffffff" in err


def test_a_run_without_scores_cannot_be_checked(ganbench, suite):
    code, _, err = ganbench("score", "--check", suite / "whole")
    assert code == 2 and "no scores to check" in err


def test_only_the_last_part_of_a_named_folder_counts_and_below_our_cache(
    ganbench, judged, tmp_path
):
    path = judged / "run.json"
    told = json.loads(path.read_text())
    name = Path(told["source_folder"]).name
    path.write_text(json.dumps(told | {"source_folder": f"C:\\elsewhere\\{name}"}))
    assert ganbench("score", "--check", judged)[0] == 0
    shutil.copytree(told["source_folder"], tmp_path / "stranger" / "set")
    for place in (tmp_path / "stranger" / "set", "..", ""):
        path.write_text(json.dumps(told | {"source_folder": str(place)}))
        code, _, err = ganbench("score", "--check", judged)
        assert code == 2 and "no longer in the cache" in err


def test_sides_that_are_no_objects_are_one_sentence(ganbench, judged):
    run = record.read(judged)
    record.write(judged, replace(run, data={"source": "x", "target": ["y"]}))
    code, _, err = ganbench("score", "--check", judged)
    assert code == 2 and "does not say what its source pictures were" in err


@pytest.mark.parametrize("option", ["--metrics", "--extractor"])
def test_a_check_takes_nothing_that_the_record_says_itself(ganbench, judged, option):
    code, _, err = ganbench("score", "--check", judged, option, "inception")
    assert code == 2 and f"but {option[2:]} is given too" in err
