from dataclasses import replace

import pytest

from ganbench import record
from ganbench.report import build
from ganbench.report.analysis import comparison, intervals, letter_display, pairwise_tests
from ganbench.report.analysis.comparison import compare


@pytest.fixture
def compared(fake, score_of):
    def make(models, better="lower"):
        for label, values in models.items():
            for seed, value in enumerate(values):
                found = score_of(value, better=better)
                fake.run(label, seed, 0, pictures=False, scores={found.metric: found}, curve=())
        return compare(record.read_results(fake.finish(list(models), None)))

    return make


FAR = {"a": [10.0, 11.0, 12.0], "b": [20.0, 21.5, 22.0], "c": [30.0, 30.5, 32.0]}
CLOSE = {"a": [10.0, 11.0, 12.0], "b": [11.0, 10.0, 12.5], "c": [30.0, 31.5, 32.0]}


def test_an_interval_without_zero_tells_two_models_apart(compared):
    found = pairwise_tests.pairs(compared(FAR))
    assert [(p.first.name, p.second.name) for p in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert all(pair.test.told_apart and pair.verdict == "told apart" for pair in found)
    assert found[0].difference == "10.2" and found[0].interval == "(9.4 to 10.9)"
    assert pairwise_tests.finding(found) == "All 3 pairs are told apart."


def test_a_pair_knows_its_better_model_and_the_other_one(compared):
    pair, *_ = pairwise_tests.pairs(compared(FAR))
    assert (pair.first.name, pair.better.name) == ("a", "a")
    assert pair.other(pair.first) is pair.second and pair.other(pair.second) is pair.first
    turned = replace(pair, first=pair.second, second=pair.first)
    turned = replace(turned, test=pairwise_tests.family([intervals.over_seeds([-9.0, -9.5])])[0])
    assert turned.better.name == "a"  # which is the second, and less is worse
    near, *_ = pairwise_tests.pairs(compared(CLOSE))
    assert near.better is None


def test_two_models_or_two_frameworks_are_told_apart(compared):
    (pair,) = pairwise_tests.pairs(compared({"a": FAR["a"], "b": FAR["b"]}))
    assert pairwise_tests.finding([pair]) == "The two models are told apart."
    twin = replace(pair, second=replace(pair.second, label=pair.first.label))
    assert pairwise_tests.finding([twin]) == "The two frameworks are told apart."


def test_an_interval_with_zero_does_not(compared):
    found = pairwise_tests.pairs(compared(CLOSE))
    assert found[0].verdict == "cannot be told apart"
    assert (
        pairwise_tests.finding(found) == "2 of 3 pairs told apart; cannot be told apart: a and b."
    )


def test_where_higher_is_better_the_first_is_still_the_better(compared):
    found = pairwise_tests.pairs(compared(FAR, better="higher"))
    assert (found[0].first.name, found[0].second.name) == ("c", "b")
    assert found[0].test.difference.mean > 0 and found[0].test.told_apart


def test_one_seed_tells_nobody_apart(compared):
    found = pairwise_tests.pairs(compared({"a": [10.0], "b": [90.0]}))
    assert found[0].verdict == "one seed: no interval"
    assert pairwise_tests.finding(found) == "0 of 1 pair told apart; too few seeds to say: a and b."


def test_models_that_share_a_letter_cannot_be_told_apart(compared):
    letters = {
        row.name: said
        for row, said in letter_display.letters(pairwise_tests.pairs(compared(CLOSE)))
    }
    assert letters == {"a": "a", "b": "a", "c": "b"}


def test_a_model_between_two_that_are_apart_has_both_letters(compared):
    middle = {"a": [10.0, 11.0, 12.0], "b": [10.0, 15.0, 12.0], "c": [14.0, 15.0, 16.5]}
    found = pairwise_tests.pairs(compared(middle))
    assert [pair.test.told_apart for pair in found] == [False, True, False]
    assert [said for _, said in letter_display.letters(found)] == ["a", "a b", "b"]


def test_holm_rejects_the_smallest_first_and_stops_at_the_first_that_fails():
    assert pairwise_tests.holm([0.03, 0.01, 0.04]) == [
        False,
        True,
        False,
    ]  # 0.05 / 3, then 0.05 / 2
    assert pairwise_tests.holm([0.02, 0.01, 0.04]) == [True, True, True]
    assert pairwise_tests.holm([0.02, 0.02, 0.001, 0.06]) == [False, False, True, False]
    assert pairwise_tests.holm([]) == []


def test_a_pair_that_is_apart_alone_is_not_so_among_many(compared):
    two = {"a": [10.0, 11.0, 12.0], "b": [11.0, 13.0, 13.5]}  # t = 5 over 2: p = 0.038
    many = two | {"c": [12.0, 15.0, 11.0]}
    alone, among = (pairwise_tests.pairs(compared(models))[0] for models in (two, many))
    assert alone.test.difference.excludes_zero and alone.verdict == "told apart"
    assert (
        among.test.difference == alone.test.difference
        and among.verdict == "cannot be told apart among 3 pairs"
    )
    assert {said for _, said in letter_display.letters(pairwise_tests.pairs(compared(many)))} == {
        "a"
    }


def test_one_model_has_no_pair(compared):
    found = pairwise_tests.pairs(compared({"a": [1.0]}))
    assert (found, pairwise_tests.finding(found), letter_display.letters(found)) == ((), "", [])


def test_more_than_26_groups_still_have_letters():
    assert [letter_display._letter(index) for index in (0, 25, 26)] == ["a", "z", "a2"]


def test_the_page_states_the_finding(built):
    html = (built / "report.html").read_text()
    assert "1 of 3 pairs told apart; too few seeds to say" in html


def test_of_very_many_models_each_is_held_against_the_best_more_strictly_than_by_holm(
    compared, monkeypatch
):
    models = CLOSE | {"d": [10.5, 12.5, 13.5], "e": [9.0]}
    made = compared(models)
    every = pairwise_tests.pairs(made)
    monkeypatch.setattr(pairwise_tests, "EVERY_TWO", 3)
    some = pairwise_tests.pairs(replace(made))  # another one: what was said of the first is known
    assert len(every) == 10 and not pairwise_tests.is_every_two(made, "random_inception_fd")
    best = pairwise_tests.contenders(made, "random_inception_fd")[0]
    assert [{p.first, p.second} - {best} for p in some] == [
        {row} for row in made.rows if row is not best
    ]
    apart = {frozenset((p.first, p.second)) for p in every if p.test.told_apart}
    strictly = {frozenset((p.first, p.second)) for p in some if p.test.told_apart}
    assert strictly == {frozenset((best, row)) for row in made.rows if row.label == "c"} < apart
    assert {p.test.family for p in some if p.test.has_interval} == {6}


def test_the_page_of_very_many_models_says_what_was_compared(fake, monkeypatch):
    monkeypatch.setattr(pairwise_tests, "EVERY_TWO", 2)
    monkeypatch.setattr(comparison, "LISTED", 2)
    for place, label in enumerate(("a", "b", "c")):
        for seed in range(3):
            fake.run(label, seed, 100 + 10 * place + seed, pictures=False)
    html = build(fake.finish(["a", "b", "c"])).read_text()
    assert "between the best and each other model" in html and "(Bonferroni)" in html
    assert "Groups: models that share a letter" not in html
    assert "The best 2 of 3 models have a line" in html and 'id="copy-csv"' not in html
    table = html.partition('<tbody class="models">')[2].partition("</tbody>")[0]
    assert table.count("<tr>") == 2
