"""Do the distances agree: ranks, Kendall's tau, words, and a verdict that waits."""

import pytest

from ganbench import record
from ganbench.report.analysis import agreement, verdict
from ganbench.report.analysis.comparison import compare


def suite(fake, score_of, levels, **changes):
    """Results whose models have these (Lite0 KD, FWD) by seed."""
    for label, seeds in levels.items():
        for seed, (kernel, fwd) in enumerate(seeds):
            protocol = {"extractor": "Lite0", "kernel": "cubic"}
            scores = {
                "lite0_kd": score_of(kernel, metric="lite0_kd", name="Lite0 KD", protocol=protocol),
                "fwd": score_of(fwd, metric="fwd", name="FWD", protocol={}),
            }
            fake.run(label, seed, 0, pictures=False, scores=scores, curve=())
    return record.read_results(fake.finish(list(levels), primary="lite0_kd", **changes))


def found(results):
    return agreement.agreement(compare(results))


def test_the_same_order_is_said(fake, score_of):
    told = found(suite(fake, score_of, {"a": [(1, 1)], "b": [(2, 2)], "c": [(3, 3)]}))
    assert [o.score.name for o in told.opinions] == ["Lite0 KD", "FWD"]
    assert told.opinions[0].tau is None and told.opinions[1].tau == pytest.approx(1)
    assert told.sentences == ("FWD and Lite0 KD put the models in the same order.",)


def test_a_pair_in_opposite_order_is_named(fake, score_of):
    told = found(suite(fake, score_of, {"a": [(1, 2)], "b": [(2, 1)], "c": [(3, 3)]}))
    assert told.opinions[1].tau == pytest.approx(1 / 3)
    assert [told.opinions[1].rank(row) for row in told.rows] == ["2.", "1.", "3."]
    assert told.sentences == (
        "FWD and Lite0 KD disagree: FWD puts b before a, though it tells none of these apart. "
        "Look at the pictures.",
    )


def test_a_disagreement_that_is_sure_is_not_played_down(fake, score_of):
    levels = {"a": [(1, 9.0), (1.1, 9.1), (0.9, 8.9)], "b": [(2, 1.0), (2.1, 1.1), (1.9, 0.9)]}
    (sentence,) = found(suite(fake, score_of, levels)).sentences
    assert sentence.endswith("FWD puts b before a. Look at the pictures.")


def test_one_model_or_one_distance_is_no_question(fake, score_of):
    assert found(suite(fake, score_of, {"a": [(1, 1)]})) is None


@pytest.mark.parametrize(("fwd", "kind"), [((1, 2), "hint"), ((2, 1), "no_winner")])
def test_nobody_comes_out_ahead_of_one_seed_where_fwd_says_the_opposite(fake, score_of, fwd, kind):
    results = suite(fake, score_of, {"a": [(1.0, fwd[0])], "b": [(2.0, fwd[1])]}, identity=None)
    decided = verdict.decide(results, compare(results))
    assert decided.kind == kind
    assert ("comes out ahead" in decided.text) == (kind == "hint")
    if kind == "no_winner":
        assert decided.text.startswith(
            "No winner: the judges disagree. Lite0 KD puts a first (1.00, against 2.00 for b), "
            "FWD the other way round (1.00 against 2.00), and one seed cannot tell who is right."
        )
