"""Seeds that got less training than others out of the same seconds are told."""

from dataclasses import replace

import pytest

from ganbench import record
from ganbench.record import Status
from ganbench.report.analysis import uneven_steps, verdict
from ganbench.report.analysis.comparison import compare


@pytest.fixture
def trained(fake):
    """Results of models, each with the steps of its seeds."""

    def make(changes=(), **models):
        for model, counts in models.items():
            for seed, steps in enumerate(counts):
                run = fake.run(model, seed, 100.0 + seed, pictures=False)
                run = replace(run, used=replace(run.used, steps=steps), **dict(changes))
                record.write(fake.suite / fake.runs[-1], run)
        return record.read_results(fake.finish(list(models)))

    return make


def test_a_seed_with_far_fewer_steps_is_told_beside_the_verdict(trained):
    results = trained(dcgan=(1000, 1240), cyclegan=(1900, 1200, 1500))
    comparison = compare(results)
    said = uneven_steps.sentence(comparison)
    assert "(cyclegan 1,200 to 1,900)" in said  # and not dcgan, whose seeds differ by a quarter
    warnings = [str(warning) for warning in verdict.decide(results, comparison).warnings]
    assert said in warnings


@pytest.mark.parametrize(
    "changes",
    [
        {"budget": "1000step"},
        {"budget": "5000img"},
        {"status": Status("interrupted", 10, 0.2)},
        {"status": Status("imported", 10, 1.0)},
    ],
)
def test_only_finished_runs_of_as_many_seconds_are_held_against_each_other(trained, changes):
    results = trained(changes, dcgan=(1000, 3000))
    assert not results.unreadable
    assert uneven_steps.sentence(compare(results)) == ""


def test_seeds_that_ended_early_or_were_extended_are_not_held_against_the_others(trained, fake):
    results = trained(dcgan=(1000, 1100, 1200))
    other_ends = (
        {"extended": (record.Extension("60s", 10, 60.0),)},
        {"status": Status("interrupted", 10, 0.2)},
    )
    for (folder, run), changes in zip(results.runs, other_ends, strict=False):
        record.write(folder, replace(run, used=replace(run.used, steps=10), **changes))
    assert uneven_steps.sentence(compare(record.read_results(results.folder))) == ""


def test_seeds_of_other_budgets_are_not_held_against_each_other(trained):
    results = trained(dcgan=(1000, 3000))
    folder, run = results.runs[1]
    record.write(folder, replace(run, budget="180s"))
    assert uneven_steps.sentence(compare(record.read_results(results.folder))) == ""


def test_another_machine_may_take_more_steps(trained, fake):
    for seed, cpu in enumerate(("AMD EPYC", "Intel Xeon")):
        run = fake.run("dcgan", seed, 100.0, pictures=False, environment={"cpu": cpu})
        used = replace(run.used, steps=1000 * (seed + 1))
        record.write(fake.suite / fake.runs[-1], replace(run, used=used))
    assert uneven_steps.sentence(compare(record.read_results(fake.finish(["dcgan"])))) == ""
