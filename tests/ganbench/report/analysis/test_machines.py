"""Runs of one table on several machines: it is said, and no speed is compared."""

from dataclasses import replace

import pytest

from ganbench import record, report
from ganbench.record import Status
from ganbench.report.analysis import machines
from ganbench.report.analysis.comparison import compare
from ganbench.report.figures import learning_curves, quality_cost
from ganbench.report.frameworks import section
from ganbench.report.tables import columns, csv_table, markdown

ONE = {"cpu": "AMD EPYC", "cores": 8, "threads": 4}
GPU = {"cpu": "AMD EPYC", "cores": 8, "threads": 8, "gpu": "NVIDIA H200"}


@pytest.fixture
def compared(fake):
    """Compare models, each with the environments of its seeds."""

    def make(seconds=(10.0, 20.0), status=None, **models):
        for model, environments in models.items():
            for seed, environment in enumerate(environments):
                run = fake.run(
                    model, seed, 100.0 + seed, status, pictures=False, environment=environment
                )
                used = replace(run.used, seconds=seconds[seed])
                record.write(fake.suite / fake.runs[-1], replace(run, used=used))
        return compare(record.read_results(fake.finish(list(models))))

    return make


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, 1),
        ({"threads": 1}, 1),  # it found out by itself what suits the model
        ({"cpu": "Intel Xeon"}, 2),
        ({"cores": 2}, 2),
        ({"gpu": "NVIDIA H200"}, 2),
        ({"ranks": 2}, 2),
        ({"cores": None}, 1),  # a record from before that was told
    ],
)
def test_what_makes_a_machine_another_one(compared, changes, kinds):
    comparison = compared(dcgan=[ONE], cyclegan=[ONE | changes])
    assert len(machines.machines(comparison).kinds) == kinds
    assert bool(machines.sentence(comparison)) == (kinds > 1)


def test_threads_that_were_asked_for_make_another_one(compared):
    asked = [ONE | {"threads_asked": count} for count in (4, 8)]
    found = machines.machines(compared(dcgan=asked[:1], cyclegan=asked[1:]))
    assert found.names() == [
        *("1: AMD EPYC, cores: 8, threads: 4", "2: AMD EPYC, cores: 8, threads: 8"),
    ]


def test_ranks_are_named_with_their_device(compared):
    found = machines.machines(compared(dcgan=[GPU], cyclegan=[GPU | {"ranks": 2}]))
    assert sorted(name.partition(": ")[2] for name in found.names()) == [
        *("2 ranks on NVIDIA H200, AMD EPYC, cores: 8", "NVIDIA H200, AMD EPYC, cores: 8"),
    ]


def test_each_speed_says_its_machine_and_those_of_several_stand_apart(compared):
    comparison = compared(dcgan=[ONE, GPU], cyclegan=[GPU, GPU])
    by_head = {column.head: column for column in columns.costs(comparison)}
    cells = {row.label: by_head["training"].of_row(row) for row in comparison.rows}
    assert (cells["dcgan"].text, cells["dcgan"].note) == ("10 s · 20 s", "machines 1 and 2")
    assert (cells["cyclegan"].text, cells["cyclegan"].note) == ("15 s", "machine 2")
    assert cells["cyclegan"].sort is None and "NVIDIA H200" in by_head["training"].about
    assert not by_head["parameters"].of_row(comparison.rows[0]).note
    table = csv_table.comparison_table(comparison).set_index("model")
    assert table.loc["dcgan", "machine"] == "1 and 2"
    assert table.loc["cyclegan", "machine"] == "2"
    assert table["training_seconds"].isna().loc["dcgan"]
    assert table.loc["cyclegan", "training_seconds"] == 15
    assert "machines 1 and 2" in markdown.to_markdown(comparison)
    assert machines.sentence(comparison) in markdown.to_markdown(comparison)


def test_on_one_machine_nothing_is_said(compared):
    comparison = compared(dcgan=[ONE, ONE], cyclegan=[ONE, ONE])
    training = columns.costs(comparison)[0]
    assert not training.of_row(comparison.rows[0]).note and not training.about
    assert "machine" not in csv_table.comparison_table(comparison).columns
    assert learning_curves.curves(comparison, "seconds")


def test_no_figure_holds_seconds_of_several_machines_against_each_other(compared):
    comparison = compared(dcgan=[ONE], cyclegan=[GPU])
    assert [cost.word for cost in quality_cost.costs(comparison)] == ["arithmetic"]
    assert learning_curves.curves(comparison, "seconds") is None
    assert learning_curves.curves(comparison, "pictures")


def test_a_run_that_crashed_before_it_knew_its_gpu_is_on_no_other_machine(compared, fake):
    blank = record.Cost()
    crashed = fake.run("dcgan", 1, 0.0, Status("failed"), pictures=False, environment=ONE)
    record.write(fake.suite / fake.runs[-1], replace(crashed, cost=blank))
    assert not machines.machines(compared(dcgan=[GPU], cyclegan=[GPU])).several


def test_the_page_says_so_once_above_and_beside_the_table(compared, fake):
    compared(dcgan=[ONE], cyclegan=[GPU])
    page = report.build(fake.results).read_text("utf-8")
    assert "come from machines of two kinds" in page and "a budget in seconds" in page
    assert "<small>machine 1</small>" in page and "<small>machine 2</small>" in page
    assert "1: AMD EPYC" in page.partition("<dt>machine</dt>")[2][:200]


def test_runs_of_other_shards_are_counted(compared, fake):
    compared(dcgan=[ONE])
    about = record.read_suite(fake.suite)
    runs = [*about["runs"], "x", "y"]
    record.write_suite(fake.suite, about | {"runs": runs, "shard": "1/2"})
    page = report.build(fake.results).read_text("utf-8")
    assert "2 runs of the suite not here (this is shard 1/2" in page
    record.write_suite(fake.suite, about | {"runs": runs, "merged": True})
    assert "not here (merged)" in report.build(fake.results).read_text("utf-8")


def test_frameworks_have_no_ratio_of_speed_across_machines(fake):
    for seed, machine in enumerate((ONE, GPU)):
        for framework, environment in (("pytorch", ONE), ("tensorflow", machine)):
            fake.run(
                "dcgan", seed, 100.0, pictures=False, framework=framework, environment=environment
            )
    results = fake.finish(["dcgan"], frameworks=["pytorch", "tensorflow"])
    found = record.read_results(results)
    costs = section.section(compare(found)).models[0].costs
    assert costs["speed"].notes == ("1 seed",) and costs["memory"].notes[-1] == "2 seeds"
    apart = replace(found, runs=tuple(x for x in found.runs if x[1].seed == 1))
    only = section.section(compare(apart))
    assert only.models[0].costs["speed"].notes == ("other machines:", "no ratio")
    assert "on one kind of machine" in only.finding
