from dataclasses import replace

import numpy as np

from ganbench import record
from ganbench.record import Status
from ganbench.report.analysis import uncertainty, verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import failures

COLLAPSED = Status("collapsed", 12300, 1.0, "it draws nearly one picture for every input")


def broken(fake, status, **changes):
    fake.run("dcgan", 0, 200.0, status, **changes)
    fake.run("dcgan", 1, 150.0, pictures=False)
    fake.run("dcgan", 2, 151.0, pictures=False)
    return record.read_results(fake.finish(["dcgan"]))


def titles(failure):
    return [shown.title for shown in failure.pictures]


def test_a_collapsed_run_shows_the_last_good_and_the_first_bad_pictures(fake):
    found = failures.failures(compare(broken(fake, COLLAPSED)), True)[0]
    assert titles(found)[:2] == ["last good", "first bad"]
    assert found.caption.startswith("Last good: step 10,250, the pictures differ by")
    assert "First bad: step 12,300, the pictures differ by 0 grey levels." in found.caption
    assert found.rule.startswith("pictures that differ less than 5%")
    assert found.scores.startswith("random-Inception FD 200.0")


def test_the_first_bad_moment_is_the_first_at_or_after_the_step_of_the_rule(fake):
    between = replace(COLLAPSED, step=10251)
    found = failures.failures(compare(broken(fake, between)), True)[0]
    assert "Last good: step 10,250" in found.caption and "First bad: step 12,300" in found.caption


def test_what_was_as_alike_before_the_rule_could_fire_is_not_called_good(fake):
    results = broken(fake, COLLAPSED)
    folder, run = results.runs[0]
    before = [moment for moment in run.film if moment.step < COLLAPSED.step]
    alike = np.load(folder / run.film[-1].file)
    for moment in before[1:]:
        np.save(folder / moment.file, alike)
    found = failures.failures(compare(results), True)[0]
    assert f"Last good: step {before[0].step:,}" in found.caption
    assert "First bad: step 12,300" in found.caption
    np.save(folder / before[0].file, alike)
    found = failures.failures(compare(results), True)[0]
    assert found.caption.startswith("No earlier picture is good. First bad: step 12,300")


def test_the_last_pictures_are_shown_too_where_they_became_others(fake):
    results = broken(fake, replace(COLLAPSED, step=20000))
    folder, run = results.runs[0]
    first, *_, last = [moment for moment in run.film if moment.step >= 20000]
    one = np.load(folder / first.file)
    np.save(folder / last.file, 255 - one)
    found = failures.failures(compare(results), True)[0]
    assert titles(found) == ["last good", "first bad", "last of all"]
    assert f"Last of all: step {last.step:,}" in found.caption
    np.save(folder / last.file, one)
    assert titles(failures.failures(compare(results), True)[0]) == ["last good", "first bad"]


def test_a_collapsed_run_that_used_its_budget_is_a_stray_and_never_averaged(fake):
    results = broken(fake, COLLAPSED)
    comparison = compare(results)
    row = comparison.rows[0]
    assert row.interval("random_inception_fd").mean == 150.5
    assert row.unfinished_values("random_inception_fd") == {0: 200.0}
    assert uncertainty.unfinished_scores(comparison)[0][1:] == (0, "collapsed", "200.0")
    said = [warning.striptags() for warning in verdict.decide(results, comparison).warnings]
    expected = "dcgan seed 0 collapsed; it used its whole budget, its numbers are not averaged."
    assert expected in said


def test_a_run_that_was_bad_from_its_first_picture_has_no_last_good_one(fake):
    always = Status("collapsed", 1, 1.0, "one picture")
    found = failures.failures(compare(broken(fake, always)), True)[0]
    assert titles(found)[0] == "first bad" and "No picture is from before." in found.caption


def test_a_run_that_stopped_before_its_next_picture_says_so(fake):
    stopped = Status("diverged", 18451, 0.75, "loss D is not a number")
    found = failures.failures(compare(broken(fake, stopped)), True)[0]
    assert titles(found) == ["last good"] and "No later picture was kept." in found.caption


def test_flat_pictures_are_not_called_good(fake):
    flat = Status("diverged", 18451, 0.75, "every picture it draws is one flat colour since")
    results = broken(fake, flat)
    folder, run = results.runs[0]
    for moment in run.film[-2:]:
        np.save(folder / moment.file, np.full((16, 32, 32, 3), 7, np.uint8))
    found = failures.failures(compare(results), True)[0]
    assert titles(found) == ["last good", "first bad"]
    assert "Last good: step 14,350" in found.caption and "First bad: step 16,400" in found.caption
    assert found.rule.startswith("every picture has less than 2%")


def test_a_run_without_pictures_keeps_its_reason(fake):
    found = failures.failures(compare(broken(fake, COLLAPSED)), False)[0]
    assert not found.pictures and found.record.status.reason == COLLAPSED.reason
    assert found.rule and found.advice
