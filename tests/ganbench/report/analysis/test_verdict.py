import pytest

from ganbench import record
from ganbench.record import Status
from ganbench.report.analysis import pairwise_tests, verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.tables import markdown

COLLAPSED = Status("collapsed", 40, 0.18, "one picture for every latent")


def judged(fake, models, identity=163.0, **changes):
    for label, levels in models.items():
        for seed, level in enumerate(levels):
            ending = level if isinstance(level, Status) else None
            value = 0.0 if ending else level
            fake.run(label, seed, value, ending, pictures=False)
    results = record.read_results(fake.finish(list(models), identity, **changes))
    return verdict.decide(results, compare(results))


def test_a_winner_needs_an_interval_without_zero_and_all_seeds(fake):
    found = judged(fake, {"a": [120.0, 121.0, 119.0], "b": [132.0, 133.5, 130.5]})
    assert found.kind == "winner"
    assert found.text.startswith(
        "Use a: random-Inception FD 120.0, better than b in all 3 seeds by 12.0 (10.8 to 13.2)."
    )
    assert "a beats the untouched photographs by 43.0 (40.5 to 45.5)." in found.text
    assert "against the other (300 against 300 pictures), is 61.0: a is 59.0 away (300 against" in (
        found.text
    )


def test_below_the_floor_of_a_biased_metric_nothing_is_claimed(fake):
    found = judged(fake, {"a": [50.0, 51.0]})
    assert "at the floor" not in found.text
    assert "is 61.0: a is 10.5 better (300 against 300 pictures), but the number of" in (found.text)


@pytest.mark.parametrize(
    ("value", "said"), [(-0.1, "It is at the floor"), (0.1, "a is 0.101 away (")]
)
def test_at_the_floor_is_said_of_kid(fake, score_of, value, said):
    for seed in range(2):
        kid = score_of(value + seed / 500, metric="kid", name="KID", protocol={"kernel": "cubic"})
        fake.run("a", seed, 0, pictures=False, scores={"kid": kid}, curve=())
    results = record.read_results(fake.finish(["a"], primary="kid"))
    floor = score_of(0.0, metric="kid", protocol={"kernel": "cubic"})
    baselines = (record.Baseline("floor", "floor", {"kid": floor}),)
    results = record.Results(
        results.folder, results.suite, baselines, results.runs, results.unreadable
    )
    text = verdict.decide(results, compare(results)).text
    assert said in text and ("at the floor" in text) == (value < 0)


def test_a_best_that_lost_seeds_is_called_the_best_of_the_others(fake):
    found = judged(fake, {"a": [120.0, 121.0, COLLAPSED], "b": [132.0, 133.5, 130.5]})
    assert "The number of a is the mean of the 2 of 3 seeds that did not collapse." in found.text
    found = judged(fake, {"a": [120.0, 121.0, 119.0], "b": [132.0, 133.5, COLLAPSED]})
    assert "did not collapse" not in found.text


def test_seeds_that_disagree_make_no_winner_and_say_how_many_would(fake):
    found = judged(fake, {"a": [120.0, 125.0, 119.0], "b": [124.0, 122.0, 123.0]})
    assert found.kind == "no_winner"
    assert found.text.startswith("No winner: a and b differ by 1.67")
    assert "more seeds" in found.text and "in all) would settle" in found.text


def test_two_seeds_cannot_say_how_many_would(fake):
    found = judged(fake, {"a": [120.0, 125.0], "b": [124.0, 122.0]})
    assert "; 3 seeds or more can say how many would settle it." in found.text


def test_equal_models_cannot_be_settled_by_any_number_of_seeds(fake):
    found = judged(fake, {"a": [120.0, 125.0, 119.0], "b": [125.0, 120.0, 119.0]})
    assert "not even 100 seeds would settle" in found.text


def test_none_beats_the_untouched_photographs(fake):
    found = judged(fake, {"a": [170.0, 171.0], "b": [180.0, 181.0], "c": [190.0, 191.0]})
    assert found.kind == "none_beats"
    assert "None of the three models beats the untouched photographs." in found.text
    assert "a comes closest with random-Inception FD 170.5; doing nothing scores 163.0." in (
        found.text
    )


def test_models_behind_the_photographs_are_named(fake):
    found = judged(fake, {"a": [120.0, 121.0, 119.0], "b": [170.0, 171.0, 169.0]})
    assert "; b is behind them on average." in found.text


def test_one_seed_is_a_hint_and_not_a_verdict(fake):
    found = judged(fake, {"a": [120.0], "b": [130.0]})
    assert found.kind == "hint"
    assert "One seed: a hint, not a verdict." in found.text


def test_one_model_alone_is_only_described(fake):
    found = judged(fake, {"a": [120.0, 122.0]})
    assert found.kind == "only"
    assert "no other model was compared" in found.text


def test_every_run_failed(fake):
    found = judged(fake, {"a": [COLLAPSED, COLLAPSED], "b": [Status("failed", 1, 0.1, "bug")]})
    assert found.kind == "failed"
    assert found.text == "Not one of the 3 runs finished: 2 collapsed and 1 failed."


def test_finished_runs_without_scores_are_not_judged(fake):
    fake.run("a", 0, 100.0, pictures=False, scores={}, curve=())
    results = record.read_results(fake.finish(["a"], None))
    found = verdict.decide(results, compare(results))
    assert found.kind == "not_scored"


def test_a_lone_survivor_does_not_win_over_models_with_all_their_seeds(fake):
    models = {"a": [120.0, 121.0, 119.0], "b": [90.0, COLLAPSED, COLLAPSED],
              "c": [132.0, 133.5, 130.5]}  # fmt: skip
    found = judged(fake, models)
    assert found.kind == "winner" and found.text.startswith("Use a")
    assert "b has one finished seed of 3 (90.0) and is left out of the verdict." in found.text


def test_higher_is_better_turns_the_comparison_round(fake, score_of):
    for label, level in (("a", 0.5), ("b", 0.8)):
        for seed in range(3):
            score = score_of(level + seed / 100, metric="recall", name="recall", better="higher")
            fake.run(label, seed, 0, pictures=False, scores={"recall": score}, curve=())
    results = record.read_results(fake.finish(["a", "b"], None, primary="recall"))
    found = verdict.decide(results, compare(results))
    assert found.text.startswith("Use b: recall 0.810, better than a in all 3 seeds by 0.300")


def test_warnings_say_what_the_numbers_are_not(fake):
    found = judged(fake, {"a": [120.0, COLLAPSED]}, warnings=["the machine was busy"])
    said = [warning.striptags() for warning in found.warnings]
    assert said[0] == "the machine was busy"
    assert "random-Inception weights: these numbers are not FID." in said
    assert "300 pictures on the smaller side: random-Inception FD is biased upwards." in said
    assert "a seed 1 collapsed at 18 % of its budget." in said


def test_scores_of_different_protocols_are_called_that(fake, score_of):
    few = score_of(120.0, count=50)
    fake.run("a", 0, 0, pictures=False, scores={"random_inception_fd": few})
    fake.run("a", 1, 120.0, pictures=False)
    results = record.read_results(fake.finish(["a"]))
    found = verdict.decide(results, compare(results))
    assert any("not measured the same way" in warning for warning in found.warnings)


def test_a_name_cannot_become_markup(fake, script_name):
    found = judged(fake, {script_name: [120.0, 121.0, 119.0], "b": [132.0, 133.5, 130.5]})
    assert "<script>" not in found.headline
    assert script_name in found.text


def test_a_difference_that_is_clear_alone_makes_no_winner_among_many_pairs(fake):
    two = {"a": [10.0, 11.0, 12.0], "b": [11.0, 13.0, 13.5]}  # t = 5 over 2: p = 0.038
    found = judged(fake, two | {"c": [12.0, 15.0, 11.0]}, None)
    assert found.kind == "no_winner"
    assert "in random-Inception FD, too little among 3 pairs; about 2 more seeds (5" in found.text


def test_a_best_that_loses_in_the_seeds_in_common_is_no_winner(fake):
    for seed, level in enumerate([100.0, 101.0]):
        fake.run("a", seed, level, pictures=False)
    for seed, level in enumerate([90.0, 91.0, 200.0, 201.0]):
        fake.run("b", seed, level, pictures=False)
    results = record.read_results(fake.finish(["a", "b"], None))
    comparison = compare(results)
    found = verdict.decide(results, comparison)
    assert found.text.startswith(
        "No winner: a is the best on average, but b is better in the 2 seeds that both finished, "
        "by 10.0 (10.0 to 10.0)."
    )
    assert pairwise_tests.tied_with_best(comparison, "random_inception_fd") == {"a", "b"}


def test_seeds_that_do_not_all_agree_are_counted(fake):
    models = {"a": [100.0] * 5, "b": [101.0, 102.0, 103.0, 102.0, 99.9]}
    found = judged(fake, models, None)
    assert found.kind == "winner" and "better than b in 4 of 5 seeds by 1.58" in found.text


@pytest.mark.parametrize("seeds", [1, 3])
def test_bold_is_the_best_and_all_that_cannot_be_told_from_it(fake, seeds):
    for seed in range(seeds):
        fake.run("a", seed, 120.0 + seed, pictures=False)
        fake.run("b", seed, 121.0 - 2 * seed + seed**2, pictures=False)
        fake.run("c", seed, 150.0 + seed, pictures=False)
    comparison = compare(record.read_results(fake.finish(["a", "b", "c"])))
    expected = {"a", "b"} if seeds == 3 else {"a", "b", "c"}  # one seed tells nobody apart
    assert pairwise_tests.tied_with_best(comparison, "random_inception_fd") == expected


def test_extended_runs_are_no_single_training_and_page_and_table_say_so(fake):
    short = record.Extension("20s", 300, 20.1)
    for seed, extended in enumerate([(short,), (short,), ()]):
        settings = {"decay_from": 0.5}
        fake.run("a", seed, 120.0 + seed, pictures=False, extended=extended, settings=settings)
    results = record.read_results(fake.finish(["a"]))
    comparison = compare(results)
    said = (
        "a was extended from 20s to 60s in all, counted from the first step (seeds 0 and 1), not"
        " trained in one go; what had fallen by the smaller budget (decay_from=0.5) rises again"
    )
    assert any(str(text).startswith(said) for text in verdict.decide(results, comparison).warnings)
    assert said in markdown.to_markdown(comparison)


def test_only_a_verdict_that_says_use_has_a_winner(fake):
    models = {"a": [120.0, 121.0, 119.0], "b": [132.0, 133.5, 130.5]}
    judged(fake, models)
    results = record.read_results(fake.results)
    comparison = compare(results)
    assert verdict.winner(verdict.decide(results, comparison), comparison).label == "a"


def test_a_hint_has_no_winner(fake):
    judged(fake, {"a": [120.0], "b": [132.0]})
    results = record.read_results(fake.results)
    comparison = compare(results)
    assert verdict.winner(verdict.decide(results, comparison), comparison) is None


def test_a_seed_that_lost_its_photographs_is_named(fake, score_of):
    for seed, change in enumerate((0.4, 1.29)):
        made = score_of(120.0), score_of(change, metric="input_change", kind="translation")
        fake.run("cyclegan-unet", seed, 0.0, pictures=False, scores={s.metric: s for s in made})
    results = record.read_results(fake.finish(["cyclegan-unet"]))
    said = [str(warning) for warning in verdict.decide(results, compare(results)).warnings]
    (astray,) = [warning for warning in said if "input change" in warning]
    assert astray.startswith("cyclegan-unet seed 1: ") and "(input change 1.29)" in astray


@pytest.mark.parametrize(
    ("levels", "said"),
    [([120.0], "(one seed: a hint, not a verdict)"), ([120.0, 122.0], "(2 seeds)")],
)
def test_how_many_seeds_a_model_alone_has_is_said(fake, levels, said):
    assert said in judged(fake, {"a": levels}).text


def test_what_the_seeds_do_not_settle_is_no_win_over_the_photographs(fake):
    found = judged(fake, {"a": [120.0, 160.0], "b": [161.0, 162.0]}).text
    assert "a is ahead of the untouched photographs by 23.0 (" in found
    assert "though its seeds cannot tell it from them" in found


def test_one_seed_has_no_interval_against_the_photographs(fake):
    found = judged(fake, {"a": [120.0], "b": [130.0]}).text
    assert "photographs by 43.0." in found and "inf" not in found
