"""What became of each model: by the page's rule, and only where the numbers may be compared."""

from dataclasses import replace

import pytest

from ganbench import record
from ganbench.record import Status
from ganbench.report.analysis import before_after, comparability
from ganbench.report.analysis.comparability import Side
from ganbench.report.analysis.comparison import compare

COLLAPSED = Status("collapsed", 10, 1.0, "one picture for every input")
DATA = {"source": {"fingerprint": "p1"}, "target": {"fingerprint": "m1", "judged": 300}}


@pytest.fixture
def made(fake_of, score_of):
    """A side from values by seed; a status stands for a run that ended so, without a score."""

    def side(name, models, better="lower", run=None, score=None, suite=None):
        fake = fake_of(name)
        for label, values in models.items():
            for seed, value in values.items():
                ended = value if isinstance(value, Status) else None
                found = replace(score_of(0.0 if ended else value, better=better), **score or {})
                scores = {} if ended else {found.metric: found}
                more = {"data": DATA} | (run or {})
                fake.run(label, seed, 0, ended, pictures=False, scores=scores, curve=(), **more)
        results = record.read_results(fake.finish(list(models), None, **suite or {}))
        return Side(results, compare(results))

    return side


def changes(before, after):
    score = next(side.comparison.primary for side in (after, before) if side.comparison.primary)
    return {change.name: change for change in before_after.changes(before, after, score)}


def seeds(*values):
    return dict(enumerate(values))


def test_a_difference_that_all_seeds_share_is_better_or_worse(made):
    before = made("a", {"x": seeds(100.0, 120.0, 110.0), "y": seeds(50.0, 60.0, 55.0)})
    after = made("b", {"x": seeds(90.0, 110.5, 100.0), "y": seeds(58.0, 68.5, 63.0)})
    found = changes(before, after)
    assert (found["x"].verdict, found["y"].verdict) == ("better", "worse")
    assert found["x"].amount == pytest.approx(-9.8333, abs=1e-3)
    assert found["x"].difference.high < 0 < found["y"].difference.low


def test_where_higher_is_better_a_rise_is_better(made):
    before, after = (made(n, {"x": seeds(0.2 + up, 0.3 + up, 0.25 + up * 1.01)}, better="higher")
                     for n, up in (("a", 0.0), ("b", 0.1)))  # fmt: skip
    assert changes(before, after)["x"].verdict == "better"


def test_a_difference_within_the_spread_of_the_seeds_cannot_be_told(made):
    found = changes(made("a", {"x": seeds(100.0, 120.0, 110.0)}),
                    made("b", {"x": seeds(104.0, 112.0, 111.0)}))["x"]  # fmt: skip
    assert found.verdict == "cannot tell" and found.difference.half_width > 0


def test_what_is_significant_alone_is_not_among_many(made):
    """p is 0.033: settled alone, and not as one of five that differ by nothing."""
    noise = {f"n{k}": seeds(10.0, 11.0, 12.0) for k in range(4)}
    moved = {f"n{k}": seeds(10.1, 10.9, 12.05) for k in range(4)}
    first, second = {"x": seeds(10.0, 20.0, 30.0)}, {"x": seeds(11.0, 21.4, 30.9)}
    assert changes(made("a", first), made("b", second))["x"].verdict == "worse"
    found = changes(made("c", first | noise), made("d", second | moved))["x"]
    assert found.verdict == "cannot tell" and "among 5 models" in found.reasons[0]


def test_one_shared_seed_and_none_give_no_interval(made):
    before = made("a", {"x": seeds(100.0), "y": {0: 100.0, 1: 101.0}})
    after = made("b", {"x": seeds(10.0), "y": {2: 10.0, 3: 11.0}})
    found = changes(before, after)
    assert (found["x"].verdict, found["x"].reasons) == ("cannot tell", ("one seed: no interval",))
    assert (found["y"].verdict, found["y"].reasons) == ("cannot tell", (before_after.NO_SEED,))
    assert found["y"].difference is None and found["y"].amount == -90.0


def test_means_are_over_the_seeds_that_both_have(made):
    before = made("a", {"x": {0: 100.0, 1: 110.0, 2: 500.0}})
    after = made("b", {"x": {0: 90.0, 1: 100.0, 3: 1.0}})
    found = changes(before, after)["x"]
    assert (found.before, found.after, found.seeds) == (105.0, 95.0, (0, 1))
    assert "over the 2 seeds that both finished, of 3 and 3" in found.reasons


def test_models_that_come_go_break_and_mend_are_called_so(made):
    before = made("a", {"gone": seeds(1.0), "broke": seeds(1.0, 2.0),
                        "mended": seeds(COLLAPSED), "never": seeds(COLLAPSED)})  # fmt: skip
    after = made("b", {"new": seeds(1.0), "broke": seeds(COLLAPSED, COLLAPSED),
                       "mended": seeds(1.0), "never": seeds(COLLAPSED)})  # fmt: skip
    found = changes(before, after)
    said = {name: change.verdict for name, change in found.items()}
    assert said == {"gone": "gone", "new": "new", "broke": "broke", "mended": "mended",
                    "never": "broke"}  # fmt: skip
    assert found["never"].reasons == ("as before",)
    assert found["broke"].ended == "collapsed" and found["broke"].amount is None


def test_a_seed_that_ended_well_before_and_not_after_is_named(made):
    found = changes(made("a", {"x": seeds(10.0, 11.0, 12.0)}),
                    made("b", {"x": seeds(5.0, 6.1, COLLAPSED)}))["x"]  # fmt: skip
    assert found.lost == ("seed 2 collapsed",) and found.seeds == (0, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run": {"size": 64}}, "pixels on a side: 32 before, 64 after"),
        ({"run": {"data": DATA | {"target": {"fingerprint": "m2", "judged": 300}}}},
         "paintings: m1 before, m2 after"),
        ({"run": {"data": DATA | {"source": {"fingerprint": "p2"}}}}, "photographs: p1"),
        ({"run": {"data": {"source": DATA["source"], "target": {"judged": 300}}}},
         "paintings: m1 before, not stated after"),
        ({"run": {"data": DATA | {"judge_on": "test"}}}, "judged by: all 300 before, test 300"),
        ({"score": {"count": 50}}, "generated pictures: 300 before, 50 after"),
        ({"score": {"reference_count": 50}}, "real pictures: 300 before, 50 after"),
        ({"score": {"version": 2}}, "version of the metric: 1 before, 2 after"),
        ({"score": {"protocol": {"extractor": "other", "resize": "TF1"}}},
         "protocol: extractor Inception"),
        ({"score": {"protocol": {"extractor": "Inception 2015-12-05, random weights"}}},
         "protocol: resize TF1 before, not stated after"),
        ({"score": {"protocol": dict.fromkeys("abcdef", 1)}}, "; 5 more"),
    ],
)  # fmt: skip
def test_what_is_judged_in_another_way_is_not_compared(made, change, said):
    """The difference is large and clear, and says nothing."""
    before = made("a", {"cyclegan-unet": seeds(100.0, 101.0, 102.0)})
    after = made("b", {"cyclegan-unet": seeds(10.0, 11.1, 12.0)}, **change)
    found = changes(before, after)["cyclegan-unet"]
    assert found.verdict == "not comparable" and found.amount is None
    assert len(found.reasons) == 1 and said in found.reasons[0]


def test_other_photographs_do_not_matter_to_a_model_from_noise(made):
    before = made("a", {"dcgan": seeds(100.0, 101.0, 102.0)})
    other = {"data": DATA | {"source": {"fingerprint": "p2"}}}
    after = made("b", {"dcgan": seeds(10.0, 11.1, 12.0)}, run=other)
    assert changes(before, after)["dcgan"].verdict == "better"


def test_another_number_of_ranks_may_be_the_reason_of_a_change(made):
    alone = made("before", {"dcgan": seeds(3.0)}, run={"environment": {"device": "cpu"}})
    ranks = made("after", {"dcgan": seeds(3.0)}, run={"environment": {"device": "cpu", "ranks": 2}})
    (key,) = alone.rows
    assert comparability.other_changes(alone, ranks, key) == ["ranks 1 before, 2 after"]
    assert comparability.other_changes(alone, alone, key) == []


def test_a_metric_without_a_better_end_is_told_apart_and_not_judged(made):
    before, after = (made(n, {"x": seeds(1.0 + up, 2.0 + up, 3.0 + up * 1.01)}, better="neither")
                     for n, up in (("a", 0.0), ("b", 5.0)))  # fmt: skip
    found = changes(before, after)["x"]
    assert found.verdict == "cannot tell" and "neither end" in found.reasons[0]


def test_a_number_that_is_missing_on_one_side_is_told_with_its_reason(made):
    before = made("a", {"x": seeds(1.0, 2.0), "y": seeds(3.0)})
    gone = made("b", {"x": seeds(1.0, 2.0)}, score={"value": None, "note": "too few pictures"})
    found = changes(before, gone)["x"]
    assert (found.verdict, found.reasons) == ("cannot tell", ("no number after: too few pictures",))
