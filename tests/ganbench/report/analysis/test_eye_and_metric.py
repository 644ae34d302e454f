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
