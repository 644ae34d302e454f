import io

import pandas
import pytest

from ganbench import record
from ganbench.record import Cost
from ganbench.report import build, formatting
from ganbench.report.analysis import verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.tables import columns, csv_table, markdown


def table_of(results):
    return csv_table.comparison_table(compare(record.read_results(results)))


def test_one_row_a_model_best_first_and_two_that_nobody_trained(results):
    table = table_of(results)
    assert list(table["model"])[:3] == ["cyclegan-resnet", "cyclegan-unet", "dcgan"]
    assert list(table["row"]) == ["model"] * 3 + ["floor", "identity"]


def test_mean_half_width_and_counts_are_those_of_the_records(fake):
    for seed, level in enumerate([118.0, 120.0, 122.0]):
        fake.run("a", seed, level, pictures=False)
    row = table_of(fake.finish(["a"])).iloc[0]
    assert row["random_inception_fd_mean"] == 120.0
    assert row["random_inception_fd_sd"] == 2.0
    assert row["random_inception_fd_half_width_over_seeds"] == pytest.approx(4.968, abs=1e-3)
    assert row["random_inception_fd_pictures"] == 300
    assert row["random_inception_fd_extractor"] == "Inception 2015-12-05, random weights"
    assert (row["seeds"], row["done"], row["collapsed"]) == (3, 3, 0)


def test_runs_that_ended_early_are_counted_and_not_averaged(results):
    row = table_of(results).set_index("model").loc["dcgan"]
    assert (row["done"], row["collapsed"], row["diverged"]) == (1, 1, 1)
    assert row["random_inception_fd_mean"] == 182.0
    assert row["random_inception_fd_seeds"] == 1


def test_missing_values_stay_missing_in_csv_and_markdown(fake):
    fake.run("a", 0, 1.0, pictures=False, scores={}, cost=Cost())
    fake.run("b", 0, 120.0, pictures=False)
    results = fake.finish(["a", "b"])
    read = pandas.read_csv(io.StringIO(csv_table.to_csv(table_of(results)))).set_index("model")
    lacking = ["random_inception_fd_mean", "pictures_per_second", "peak_memory_bytes", "parameters"]
    assert read.loc["a", lacking].isna().all()
    line = next(
        line
        for line in markdown.to_markdown(compare(record.read_results(results))).splitlines()
        if line.startswith("| a ")
    )
    assert line.count("–") >= 6


def test_markdown_marks_the_best_and_names_protocol(results):
    text = markdown.to_markdown(compare(record.read_results(results)))
    assert "**117.8 ± 8.6**" in text
    assert "300 generated against 300 real pictures" in text
    assert "1 of 3 done, 1 collapsed, 1 diverged" in text


def test_a_name_cannot_leave_its_markdown_cell(fake, script_name):
    fake.run(script_name + "|x", 0, 120.0, pictures=False)
    text = markdown.to_markdown(compare(record.read_results(fake.finish([]))))
    assert "<script>" not in text and "\\|x" in text


def test_two_frameworks_are_two_rows_with_their_own_marks(fake):
    fake.run("a", 0, 120.0, pictures=False)
    fake.run("a", 0, 125.0, pictures=False, framework="tensorflow")
    found = compare(record.read_results(fake.finish(["a"]))).rows
    assert [row.name for row in found] == ["a · pytorch", "a · tensorflow"]
    assert found[0].marker != found[1].marker and found[0].colour != found[1].colour


def test_twenty_models_have_twenty_different_marks(fake):
    labels = [f"m{index}" for index in range(20)]
    found = compare(record.read_results(fake.finish(labels))).rows
    assert len({(row.colour, row.marker) for row in found}) == 20


def test_a_damaged_record_is_named_and_hides_no_other(fake):
    fake.run("a", 0, 120.0, pictures=False)
    fake.run("b", 0, 130.0, pictures=False)
    results = fake.finish(["a", "b"])
    path = fake.suite / fake.runs[1] / "record.json"
    path.write_text(path.read_text()[:200])
    page = build(results).read_text()
    assert "One record could not be read" in page and fake.runs[1] in page
    assert "120.0" in (results / "comparison.md").read_text()


def test_a_mean_over_the_lucky_seeds_says_so_in_full_once(fake):
    collapsed = record.Status("collapsed", 40, 0.18, "one picture for every latent")
    for seed, ending in enumerate([None, None, collapsed]):
        fake.run("a", seed, 120.0 + seed, ending, pictures=False)
    comparison = compare(record.read_results(fake.finish(["a"])))
    notes = [column.of_row(comparison.rows[0]).note for column in columns.main(comparison)[:3]]
    assert notes == ["mean of the 2 of 3 seeds that did not collapse", "2 of 3 seeds",
                     "2 of 3 seeds"]  # fmt: skip


def test_the_floor_says_how_many_pictures_it_compares(fake):
    fake.run("a", 0, 120.0, pictures=False)
    comparison = compare(record.read_results(fake.finish(["a"])))
    first, _, third = columns.main(comparison)[:3]
    floor, identity = (comparison.baselines[name] for name in ("floor", "identity"))
    assert first.of_baseline(floor).note == "300 against 300 pictures"
    assert first.of_baseline(identity).note == third.of_baseline(floor).note == ""
    assert third.of_baseline(floor).why == "300 against 300 pictures"


def test_a_number_through_the_clean_resize_is_never_shown_as_the_plain_one(fake, score_of):
    clean = {"extractor": "Inception", "resize": "clean-fid bicubic 299 (Pillow 11)"}
    found = score_of(120.0, metric="fid", name="FID", protocol=clean)
    fake.run("a", 0, 0, pictures=False, scores={"fid": found}, curve=())
    results = record.read_results(fake.finish(["a"], None, primary="fid"))
    comparison = compare(results)
    assert formatting.heading(comparison.metrics[0]).startswith("FID (clean)")
    assert "FID (clean) 120.0" in verdict.decide(results, comparison).text
