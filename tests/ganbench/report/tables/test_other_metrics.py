import io
from dataclasses import replace

import pandas
import pytest

from ganbench import record
from ganbench.report.analysis import pairwise_tests, uncertainty
from ganbench.report.analysis.comparison import compare
from ganbench.report.tables import columns, footnotes, other_metrics


@pytest.fixture
def comparison(results):
    return compare(record.read_results(results))


def test_each_kind_has_its_table(comparison):
    first = [column.head for column in columns.main(comparison)]
    assert first[:4] == ["random-Inception FD ↓", "style gap closed ↑", "random-Inception KD ↓",
                         "FWD ↓"]  # fmt: skip
    second = other_metrics.table(comparison)
    assert [width for _, width in second.groups] == [1, 2, 1, 1]
    assert second.columns[0].head == "random-Inception precision ↑"
    assert not {column.head for column in second.columns} & set(first)


def test_a_number_that_one_model_cannot_have_is_a_dash_with_its_reason(comparison):
    dcgan = next(
        cells for row, cells in other_metrics.table(comparison).lines if row.name == "dcgan"
    )
    assert dcgan[-1].text == "–" and dcgan[-1].why == "these pictures were not made from others"
    notes = footnotes.footnotes(comparison)
    assert "Missing: change of the input for dcgan; these pictures were not made from others." in (
        notes
    )


def test_where_neither_end_is_better_there_is_no_arrow_and_no_best(fake, score_of):
    for label, value in (("a", 0.4), ("b", 1.3)):
        spread = score_of(
            value, metric="spread", name="Diversity", better="neither", kind="variety"
        )
        fake.run(label, 0, 0, pictures=False, scores={"spread": spread}, curve=())
    found = compare(record.read_results(fake.finish(["a", "b"], None, primary="spread")))
    assert pairwise_tests.tied_with_best(found, "spread") == set()
    assert columns.score_column(found, found.metrics[0]).head == "Diversity"


def test_a_metric_that_nobody_has_is_a_footnote_and_no_column(comparison):
    assert not any("MiFID" in column.head for column in columns.main(comparison))
    assert "Missing: MiFID; MiFID is defined on the official Inception features only." in (
        footnotes.footnotes(comparison)
    )


def test_metrics_measured_alike_share_a_line(comparison):
    lines = [note for note in footnotes.footnotes(comparison) if "300 real pictures" in note]
    assert len(lines) == 1 and "FWD ↓" in lines[0]


def test_what_was_noted_beside_a_number_names_its_model(fake, score_of):
    for label, note in (("a", "3 copies"), ("b", "")):
        found = score_of(120.0, note=note)
        fake.run(label, 0, 0, pictures=False, scores={found.metric: found}, curve=())
    notes = footnotes.footnotes(compare(record.read_results(fake.finish(["a", "b"], None))))
    assert "random-Inception FD for a; 3 copies." in notes


def test_two_intervals_stand_side_by_side_and_say_which_they_are(built):
    html = (built / "report.html").read_text()
    assert "± over seeds (Student&#39;s t, 95 %)" in html
    assert "± over pictures (jackknife, 95 %)" in html
    table = pandas.read_csv(io.StringIO((built / "comparison.csv").read_text()))
    row = table.set_index("model").loc["cyclegan-resnet"]
    assert row["random_inception_fd_half_width_over_pictures"] == pytest.approx(1.96 * 1.5)
    assert row["random_inception_fd_half_width_over_seeds"] == pytest.approx(8.57, abs=0.01)


def test_the_interval_over_pictures_is_the_mean_over_finished_seeds(fake, score_of):
    for seed, error in enumerate([1.0, 3.0]):
        found = score_of(120.0, error=error)
        fake.run("a", seed, 0, pictures=False, scores={found.metric: found}, curve=())
    row = compare(record.read_results(fake.finish(["a"], None))).rows[0]
    assert uncertainty.over_pictures(row, "random_inception_fd") == pytest.approx(1.96 * 2.0)
    assert uncertainty.over_pictures(row, "other") is None


def test_untrained_rows_have_their_lines_and_an_unknown_error_is_a_dash(fake, score_of):
    found = score_of(120.0, error=2.0)
    fake.run("a", 0, 0, pictures=False, scores={found.metric: found}, curve=())
    results = record.read_results(fake.finish(["a"], None))
    known = [
        record.Baseline("floor", "Real pictures", {found.metric: score_of(40.0, error=1.0)}),
        record.Baseline("identity", "Photographs", {found.metric: score_of(150.0)}),
    ]
    lines = uncertainty.table(compare(replace(results, baselines=tuple(known))))[0][1]
    assert [(line.name, line.mean, line.over_seeds, line.over_pictures) for line in lines] == [
        ("a", "120.0", "–", "3.9"),
        ("Real pictures", "40.0", "–", "2.0"),
        ("Photographs", "150.0", "–", "–"),
    ]


def test_a_small_number_is_shown_as_finely_as_its_interval(fake, score_of):
    found = score_of(0.00012, error=0.001)
    fake.run("a", 0, 0, pictures=False, scores={found.metric: found}, curve=())
    comparison = compare(record.read_results(fake.finish(["a"], None)))
    line = uncertainty.table(comparison)[0][1][0]
    assert (line.mean, line.over_pictures) == ("0.00012", "0.00196")
