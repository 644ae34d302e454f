import numpy as np

from ganbench import record
from ganbench.record import Status
from ganbench.report.analysis import uncertainty, verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import failures

COLLAPSED = Status("collapsed", 12300, 1.0, "it draws nearly one picture since step 12,300")


def broken(fake, status, **changes):
    fake.run("dcgan", 0, 200.0, status, **changes)
    fake.run("dcgan", 1, 150.0, pictures=False)
    fake.run("dcgan", 2, 151.0, pictures=False)
    return record.read_results(fake.finish(["dcgan"]))


def test_a_collapsed_run_shows_the_last_pictures_from_before_and_the_last_of_all(fake):
    found = failures.failures(compare(broken(fake, COLLAPSED)), True)[0]
    assert found.good and found.bad
    assert "Last good: step 10,250" in found.caption and "differ by 0 grey" in found.caption
    assert found.scores.startswith("random-Inception FD 200.0")


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
    assert not found.good and found.bad and "No picture is from before." in found.caption


def test_a_run_that_stopped_before_its_next_picture_says_so(fake):
    stopped = Status("diverged", 18451, 0.75, "loss D is not a number")
    found = failures.failures(compare(broken(fake, stopped)), True)[0]
    assert found.good and not found.bad and "No later picture was kept." in found.caption


def test_flat_pictures_are_not_called_good(fake):
    flat = Status("diverged", 18451, 0.75, "every picture is one flat colour since step 14,000")
    results = broken(fake, flat)
    folder, run = results.runs[0]
    for moment in run.film[-2:]:
        np.save(folder / moment.file, np.full((16, 32, 32, 3), 7, np.uint8))
    found = failures.failures(compare(results), True)[0]
    assert "Last good: step 14,350" in found.caption and found.bad


def test_a_run_without_pictures_keeps_its_reason(fake):
    found = failures.failures(compare(broken(fake, COLLAPSED)), False)[0]
    assert not found.good and found.record.status.reason == COLLAPSED.reason
