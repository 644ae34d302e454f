"""What is said of eye and metric, pair by pair; the metric's word is the page's one rule."""

from dataclasses import replace

import pytest

from ganbench import record
from ganbench.report.analysis import eye_and_metric, verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.analysis.votes import Count

APART = {"a": [10.0, 11.0, 12.0], "b": [20.0, 21.5, 22.0]}
CLOSE = {"a": [10.0, 11.0, 12.0], "b": [11.0, 10.0, 12.5]}


@pytest.fixture
def results(fake, score_of):
    def make(models, **changes):
        for label, values in models.items():
            for seed, value in enumerate(values):
                found = score_of(value, name="FD", **changes)
                fake.run(label, seed, 0, pictures=False, scores={found.metric: found}, curve=())
        return record.read_results(fake.finish(list(models), None))

    return make


def said(comparison, *better):
    """The sentence where these models are told apart as the better ones of (a, b), (a, c) ..."""
    rows = {row.name: row for row in comparison.rows}
    counts = [
        Count(rows[first], rows[second], *((9, 0) if best == first else (0, 9)), 0, best != "-")
        for first, second, best in better
    ]
    words = eye_and_metric.grammar(comparison, [(one.first, one.second) for one in counts])
    return eye_and_metric.sentence(words, counts)


@pytest.mark.parametrize(
    ("models", "eye", "sentence"),
    [
        (APART, "a", "The eye and FD agree: both put a before b."),
        (APART, "b", "The eye and FD disagree: the eye puts b before a, FD the other way round."),
        (APART, "-", "Whether the eye and FD agree cannot be said: "
                     "FD puts a before b, which the votes cannot tell apart."),
        (CLOSE, "a", "Whether the eye and FD agree cannot be said: "
                     "the eye puts a before b, which FD cannot tell apart, leaning the same way."),
        (CLOSE, "b", "Whether the eye and FD agree cannot be said: "
                     "the eye puts b before a, which FD cannot tell apart, leaning the other way."),
        (CLOSE, "-", "Whether the eye and FD agree cannot be said: neither tells a and b apart."),
    ],
)  # fmt: skip
def test_every_case_has_its_words(results, models, eye, sentence):
    assert said(compare(results(models)), ("a", "b", eye)) == sentence


def test_where_higher_is_better_the_eye_is_held_against_the_higher(results):
    comparison = compare(results(APART, better="higher"))
    assert said(comparison, ("a", "b", "b")) == "The eye and FD agree: both put b before a."


def test_of_several_pairs_what_is_settled_comes_first(results):
    comparison = compare(results(APART | {"c": [10.5, 10.5, 12.5]}))
    sentence = said(comparison, ("a", "c", "-"), ("a", "b", "a"))
    assert sentence == (
        "The eye and FD agree where both can tell: both put a before b; "
        "neither tells a and c apart."
    )
    assert said(comparison, ("a", "c", "-"), ("a", "b", "b")).startswith("The eye and FD disagree")


def test_one_seed_is_never_said_to_agree_as_the_verdict_gives_no_winner(results):
    found = results({"a": [10.0], "b": [90.0]})
    assert verdict.decide(found, compare(found)).kind == "hint"
    assert said(compare(found), ("a", "b", "a")).startswith("Whether the eye and FD agree cannot")


def test_without_a_score_the_eye_speaks_alone(results):
    found = results(APART)
    bare = [(folder, replace(run, scores={})) for folder, run in found.runs]
    comparison = compare(replace(found, runs=tuple(bare), baselines=()))
    assert said(comparison, ("a", "b", "b")) == (
        "There is no score to hold the votes against: the eye puts b before a."
    )


def test_models_that_share_no_seed_cannot_be_compared_by_the_metric(fake, score_of):
    for label, seeds in (("a", (0, 1)), ("b", (2, 3))):
        for seed in seeds:
            found = score_of(10.0 + seed, name="FD")
            fake.run(label, seed, 0, pictures=False, scores={found.metric: found}, curve=())
    comparison = compare(record.read_results(fake.finish(["a", "b"], None)))
    assert said(comparison, ("a", "b", "b")) == (
        "Whether the eye and FD agree cannot be said: "
        "the eye puts b before a, and FD has nothing to compare them by."
    )
    assert said(comparison, ("a", "b", "-")).endswith(": neither tells a and b apart.")


def test_a_model_without_a_score_is_held_against_the_eye_alone(results, fake):
    found = results(APART)
    bare = [
        (folder, replace(run, scores={}) if run.label == "b" else run) for folder, run in found.runs
    ]
    comparison = compare(replace(found, runs=tuple(bare)))
    assert said(comparison, ("a", "b", "b")).endswith(
        "the eye puts b before a, and FD has nothing to compare them by."
    )
    assert said(comparison, ("a", "b", "-")).endswith(": neither tells a and b apart.")


def test_one_pair_that_disagrees_is_enough_to_disagree(results):
    comparison = compare(results(APART | {"c": [30.0, 31.0, 32.5]}))
    sentence = said(comparison, ("a", "b", "a"), ("b", "c", "c"))
    assert sentence == (
        "The eye and FD disagree: both put a before b; "
        "the eye puts c before b, FD the other way round."
    )


def test_an_equal_mean_leans_no_way(results):
    comparison = compare(results({"a": [10.0, 11.0], "b": [11.0, 10.0]}))
    for better, worse in ("ab", "ba"):
        assert said(comparison, ("a", "b", better)).endswith(
            f"the eye puts {better} before {worse}, which FD cannot tell apart."
        )


def test_without_a_score_it_is_said_what_the_votes_can_and_cannot_tell(results):
    found = results(APART)
    bare = [(folder, replace(run, scores={})) for folder, run in found.runs]
    comparison = compare(replace(found, runs=tuple(bare), baselines=()))
    assert said(comparison, ("a", "b", "a")).endswith(": the eye puts a before b.")
    assert said(comparison, ("a", "b", "-")).endswith("the votes cannot tell a and b apart.")
