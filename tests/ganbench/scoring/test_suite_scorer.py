"""Judging, with an extractor that sees eight numbers in a picture."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganbench import record
from ganbench.data import batches, load, store
from ganbench.data.split import Split
from ganbench.jobs import ExtractorChoice, Scored, ScoreJob
from ganbench.scoring import suite_scorer
from ganbench.system import files
from ganbench.system.child_process import Channel
from metrics.sample import Sample

LOOKED: list[int] = []
BUILT: list[object] = []


class EightNumbers:
    """Means and spreads of the colours: enough to tell photographs from paintings."""

    official, name, key, sha256 = True, "eight", "eight", "00"

    def __init__(self, spec, weights, device, resize):
        BUILT.append(self)
        self.resize = resize

    def protocol(self):
        return {"extractor": self.name, "resize": self.resize}

    def features(self, pictures, on_progress):
        LOOKED.append(len(pictures))
        flat = pictures.reshape(len(pictures), -1, 3).astype(np.float32)
        mean, spread = flat.mean(1), flat.std(1)
        return Sample(np.concatenate([mean, spread, mean[:, :2] * spread[:, :2]], 1))


@pytest.fixture(autouse=True)
def eight():
    """The network's module stays, with another extractor in it."""


@pytest.fixture
def job(two_domains, tmp_path, monkeypatch, a_record):
    monkeypatch.setattr("metrics.extractors.extractor.Extractor", EightNumbers)
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    LOOKED.clear()
    BUILT.clear()
    pair = load.load(str(two_domains), None, None, 32)
    for name, status in (("whole", "done"), ("torn", "diverged")):
        folder = tmp_path / "suite" / name
        files.write_array(folder / "samples/1.npy", pair.source.pictures[:4])
        files.write_array(folder / "samples/2.npy", pair.target.pictures[:8])
        moments = tuple(record.Moment(i, i / 2, i, i, f"samples/{i}.npy") for i in (1, 2))
        done = record.Status(status, 2, 1.0)
        record.write(folder, replace(a_record, status=done, snapshots=moments, scores={}, curve=()))
    return ScoreJob(
        folder=tmp_path / "suite",
        runs=("whole", "torn"),
        source_folder=pair.source.folder,
        target_folder=pair.target.folder,
        samples=8,
        curve_samples=4,
        metrics=("fid", "mifid"),
        protocol="tf",
        extractors=(ExtractorChoice("random-inception"),),
        device="cpu",
    )


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr(Channel, "__init__", lambda self: None)
    monkeypatch.setattr(Channel, "send", lambda self, kind, **content: None)
    return Channel()


def test_a_finished_run_gets_its_scores_and_its_curve(job, silent):
    assert suite_scorer.score_suite(job, silent) == Scored("fid")
    run = record.read(job.folder / "whole")
    fid = run.scores["fid"]
    assert (fid.name, fid.count, fid.reference_count) == ("FID", 8, 8)
    assert fid.value == pytest.approx(0, abs=1e-3)  # its samples are the reference
    assert [point.scores["fid"].count for point in run.curve] == [4, 4]
    assert run.curve[0].scores["fid"].value > 100 * abs(fid.value)


def test_one_set_has_a_floor_and_no_untouched_photographs(job, silent):
    suite_scorer.score_suite(replace(job, source_folder=None), silent)
    assert [row.name for row in record.read_baselines(job.folder)] == ["floor"]
    assert record.read(job.folder / "whole").scores["fid"].value == pytest.approx(0, abs=1e-3)


def changed(job, name: str, **changes) -> Path:
    """A run of the job, its record changed."""
    folder = job.folder / name
    record.write(folder, replace(record.read(folder), **changes))
    return folder


def test_a_number_brings_its_error_over_pictures_and_its_kind(job, silent):
    job = replace(
        job,
        metrics=(
            "fid",
            "diversity",
        ),
    )
    suite_scorer.score_suite(job, silent)
    run = record.read(job.folder / "whole")
    assert run.scores["fid"].error > 0 and run.scores["fid"].kind == "distance"
    assert run.scores["diversity"].kind == "variety" and run.scores["diversity"].about
    assert run.curve[0].scores["fid"].error is None
    assert set(run.curve[0].scores) == {"fid"}  # a curve shows distances


def test_another_protocol_is_another_number(job, silent):
    suite_scorer.score_suite(job, silent)
    LOOKED.clear()
    suite_scorer.score_suite(replace(job, protocol="clean"), silent)
    assert len(LOOKED) == 6
    run = record.read(job.folder / "whole")
    assert run.scores["fid"].protocol["resize"] == "clean"


def test_metrics_of_pictures_alone_build_no_network(job, silent):
    job = replace(job, metrics=("fwd",))
    assert suite_scorer.score_suite(job, silent) == Scored("fwd")
    assert BUILT == [] and LOOKED == []
    assert record.read(job.folder / "whole").scores["fwd"].value > 0


def test_a_metric_of_a_plugin_file_judges_too(job, silent):
    example = Path(__file__).parents[3] / "examples" / "colour_distance.py"
    job = replace(job, metrics=("colour_distance",), plugins=(example,))
    suite_scorer.score_suite(job, silent)
    assert record.read(job.folder / "whole").scores["colour_distance"].value == 0


def test_a_metric_that_raised_an_error_is_told(job, silent, monkeypatch):
    plugin = Path(__file__).parents[1] / "light" / "toy_judges.py"
    job = replace(job, metrics=("fwd", "fails_away"), plugins=(plugin,))
    why = "fails away: it failed: RuntimeError: the judge has no eyes"
    assert suite_scorer.score_suite(job, silent) == Scored("fwd", (why,))
    monkeypatch.setenv("TRIAL_HERE", "1")
    assert suite_scorer.score_suite(job, silent).failed == ()
    assert record.read(job.folder / "whole").scores["fails_away"].value is not None


def test_untrained_rows_are_judged_once_and_anew_where_something_else_judges(
    job, silent, monkeypatch
):
    made: list[int] = []

    def judge(scorers):
        made.append(len(scorers))
        return (record.Baseline("floor", "half", {}),)

    monkeypatch.setattr(suite_scorer, "baselines", judge)
    asked = [job, job, replace(job, samples=7), replace(job, metrics=("fid",))]
    for one in (*asked, replace(job, protocol="clean"), replace(job, held_out=0.5), job, job):
        suite_scorer.score_suite(one, silent)
    assert len(made) == 6


def test_untrained_rows_that_a_metric_failed_on_are_judged_again(job, silent, monkeypatch):
    plugin = Path(__file__).parents[1] / "light" / "toy_judges.py"
    job = replace(job, metrics=("fails_away",), plugins=(plugin,))
    suite_scorer.score_suite(job, silent)
    monkeypatch.setenv("TRIAL_HERE", "1")
    suite_scorer.score_suite(job, silent)
    (floor, _) = record.read_baselines(job.folder)
    assert floor.scores["fails_away"].value is not None


def test_without_baselines_only_runs_are_judged(job, silent):
    suite_scorer.score_suite(replace(job, metrics=("fwd",), baselines=False), silent)
    assert record.read(job.folder / "whole").scores and not record.read_baselines(job.folder)


def test_a_translator_is_held_against_its_inputs_and_a_noise_model_says_why_not(job, silent):
    job = replace(
        job,
        metrics=(
            "fid",
            "input_change",
            "input_match",
        ),
    )
    changed(job, "torn", status=record.Status("done", 2, 1.0), source="pictures")
    suite_scorer.score_suite(job, silent)
    translator = record.read(job.folder / "torn").scores
    assert translator["input_change"].value > 0
    noise = record.read(job.folder / "whole").scores
    assert noise["input_change"].value is None
    assert "not made from others" in noise["input_change"].note
    _, identity = record.read_baselines(job.folder)
    assert identity.scores["input_change"].value == 0
    assert identity.scores["input_match"].value == 1


def test_pictures_translated_back_are_judged_by_themselves(job, silent):
    job = replace(
        job,
        metrics=(
            "fid",
            "cycle_error",
        ),
    )
    source = store.open_domain(job.source_folder)
    order = batches.probe_order(source.names)
    views = {"back": "views/back.npy"}
    folder = changed(
        job, "torn", status=record.Status("done", 2, 1.0), source="pictures", views=views
    )
    back = np.clip(source.pictures[order[:3]].astype(int) + 5, 0, 255).astype(np.uint8)
    files.write_array(folder / "views/back.npy", back)
    suite_scorer.score_suite(job, silent)
    score = record.read(folder).scores["cycle_error"]
    assert score.count == 3
    assert 0 < score.value <= 5
    LOOKED.clear()
    suite_scorer.score_suite(job, silent)
    assert LOOKED == []  # and that count does not make it be judged again


def test_the_most_suspicious_samples_are_kept_beside_their_nearest_paintings(job, silent):
    job = replace(
        job,
        metrics=(
            "fid",
            "nearest",
        ),
    )
    suite_scorer.score_suite(job, silent)
    folder = job.folder / "whole"
    run = record.read(folder)
    told = files.read_json(folder / run.evidence["nearest"])
    pictures = files.read_array(folder / told["pictures"])
    assert pictures.shape == (8 * 4, 32, 32, 3)
    assert len(told["generated"]) == len(told["real"]) == 8
    for place, row in enumerate(told["rows"]):  # the samples are the paintings themselves
        assert row["real"][0]["distance"] == pytest.approx(0, abs=1e-6)
        shown, nearest = pictures[4 * place], pictures[4 * place + 1]
        np.testing.assert_array_equal(shown, nearest)
        target = store.open_domain(job.target_folder)
        named = target.names.index(row["real"][0]["name"])
        np.testing.assert_array_equal(target.pictures[named], nearest)


def test_a_collapsed_run_that_used_its_budget_is_judged_whole(job, silent):
    changed(job, "torn", status=record.Status("collapsed", 2, 1.0, "one picture"))
    suite_scorer.score_suite(job, silent)
    assert record.read(job.folder / "torn").scores["fid"].count == 8
    changed(job, "torn", status=record.Status("collapsed", 2, 0.5), scores={}, curve=())
    suite_scorer.score_suite(job, silent)
    assert record.read(job.folder / "torn").scores == {}


def test_a_run_that_ended_badly_has_a_curve_and_no_score(job, silent):
    suite_scorer.score_suite(job, silent)
    run = record.read(job.folder / "torn")
    assert run.scores == {}
    assert len(run.curve) == 2


def test_the_floor_halves_the_target_and_the_identity_is_the_source(job, silent):
    suite_scorer.score_suite(job, silent)
    floor, identity = record.read_baselines(job.folder)
    assert (floor.scores["fid"].count, floor.scores["fid"].reference_count) == (4, 4)
    assert (identity.scores["fid"].count, identity.scores["fid"].reference_count) == (8, 8)
    assert identity.scores["fid"].value > floor.scores["fid"].value


def test_what_was_judged_is_not_judged_again(job, silent, monkeypatch):
    suite_scorer.score_suite(job, silent)
    LOOKED.clear()
    suite_scorer.score_suite(job, silent)
    assert LOOKED == []
    monkeypatch.setattr(EightNumbers, "name", "nine")
    suite_scorer.score_suite(job, silent)
    assert sorted(LOOKED) == [4, 4, 4, 8, 8, 8]  # curve points, samples, reference, identity


def test_a_metric_for_official_features_only_is_missing_elsewhere(job, silent, monkeypatch):
    monkeypatch.setattr(EightNumbers, "official", False)
    suite_scorer.score_suite(job, silent)
    scores = record.read(job.folder / "whole").scores
    assert set(scores) == {"eight_fd", "eight_mifd"}
    assert scores["eight_mifd"].value is None
    assert "official Inception features only" in scores["eight_mifd"].note
    text = (job.folder / "whole" / "record.json").read_text()
    assert json.loads(text)["scores"]["eight_mifd"]["value"] is None


@pytest.fixture
def told(monkeypatch):
    """The problems that were told of."""
    said = []
    monkeypatch.setattr(Channel, "__init__", lambda self: None)

    def send(self, kind, **content):
        if kind == "problem":
            said.append(content["message"])

    monkeypatch.setattr(Channel, "send", send)
    return said


@pytest.mark.parametrize("name", ["whole", "torn"])
def test_a_torn_snapshot_is_left_out_of_the_curve_until_it_comes_back(job, told, name):
    folder = job.folder / name
    place = folder / "samples/1.npy"
    sound = place.read_bytes()
    for _ in range(2):  # whenever the command is called, and it breaks nothing
        place.write_bytes(sound[:50])
        suite_scorer.score_suite(job, Channel())
        run = record.read(folder)
        assert [point.step for point in run.curve] == [2]
        assert bool(run.scores) == (name == "whole")
    assert len(told) == 2 and "left out of a learning curve" in told[0] and "1.npy" in told[0]
    place.write_bytes(sound)
    suite_scorer.score_suite(job, Channel())
    assert [point.step for point in record.read(folder).curve] == [1, 2]


def test_without_the_last_pictures_of_a_finished_run_nothing_is_changed(job, told):
    folder = job.folder / "whole"
    suite_scorer.score_suite(job, Channel())
    before = (folder / "record.json").read_bytes()
    (folder / "samples/2.npy").write_bytes(b"x")
    suite_scorer.score_suite(replace(job, protocol="clean"), Channel())
    assert (folder / "record.json").read_bytes() == before and "2.npy" in told[0]


def test_what_is_held_out_judges_and_what_was_trained_on_is_suspected(job, silent):
    job = replace(job, metrics=("fid", "nearest"), held_out=0.5, judge_on="test")
    suite_scorer.score_suite(job, silent)
    target = store.open_domain(job.target_folder)
    there = Split(0.5, "test")
    scores = record.read(job.folder / "whole").scores
    assert scores["fid"].reference_count == len(there.judged(target))
    (copying,) = (score for score in scores.values() if score.kind == "copying")
    assert copying.reference_count == len(there.trained(target))
    floor, identity = record.read_baselines(job.folder)
    assert floor.scores["fid"].count == len(there.trained(target))
    assert floor.title == "the real paintings of the training"
    assert identity.scores["fid"].count <= len(target.names) // 4 + 1
    told = files.read_json(job.folder / "whole" / "nearest.json")
    trained = {target.names[place] for place in there.trained(target)}
    assert {item["name"] for row in told["rows"] for item in row["real"]} <= trained
    LOOKED.clear()
    suite_scorer.score_suite(job, silent)
    assert LOOKED == []  # nothing is judged twice


def test_pictures_without_the_average_are_judged_too(job, silent):
    folder = changed(job, "whole", views={"raw": "views/raw.npy"})
    source = store.open_domain(job.source_folder)
    files.write_array(folder / "views/raw.npy", source.pictures[:8])
    suite_scorer.score_suite(job, silent)
    run = record.read(folder)
    averaged, raw = (scores["fid"] for scores in (run.scores, run.raw_scores))
    assert raw.value > averaged.value and raw.count == 8  # photographs against paintings
    assert record.read(job.folder / "torn").raw_scores == {}
