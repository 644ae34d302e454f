import pytest

from ganbench import record
from ganbench.report import build
from ganbench.report.analysis import style_gap, verdict
from ganbench.report.analysis.comparison import Comparison, compare
from ganbench.report.analysis.intervals import over_seeds
from ganbench.report.tables import csv_table, footnotes, main_table, markdown

KID = "random_inception_kd"
KERNEL = {"extractor": "Inception 2015-12-05, random weights", "kernel": "(x.y / F + 1)^3"}


@pytest.fixture
def compared(fake, score_of):
    """Compare models by {label: KIDs by seed} between the KIDs of the two untrained rows."""

    def make(models, identity=0.20, floor=0.0, key=KID, protocol=KERNEL, **more):
        def scores(value):
            kid = score_of(value, metric=key, name="KID", protocol=protocol, **more)
            return {"random_inception_fd": score_of(100 * value + 50), key: kid}

        for label, values in models.items():
            for seed, value in enumerate(values):
                fake.run(label, seed, 0, pictures=False, scores=scores(value), curve=())
        results = record.read_results(fake.finish(list(models)))
        ends = {"identity": identity, "floor": floor}
        baselines = {
            name: record.Baseline(name, name, scores(value))
            for name, value in ends.items()
            if value is not None
        }
        found = compare(results)
        measured = tuple(s for s in found.metrics if s.metric in scores(0))
        return Comparison(found.rows, measured, baselines)

    return make


def test_untouched_photographs_are_0_and_the_floor_is_100_percent(compared):
    ends = style_gap.scale(compared({"a": [0.1]}, identity=0.20, floor=0.02))
    assert ends.closed(0.20) == 0 and ends.closed(0.02) == pytest.approx(100)
    assert ends.closed(0.11) == pytest.approx(50)


def test_the_interval_is_students_over_the_percentages_of_the_seeds(compared):
    comparison = compared({"a": [0.10, 0.12, 0.14]})
    interval = style_gap.closed(comparison.rows[0], style_gap.scale(comparison))
    expected = over_seeds([50.0, 40.0, 30.0])
    assert interval.mean == pytest.approx(40) and interval.count == 3
    assert interval.half_width == pytest.approx(expected.half_width)
    assert (
        style_gap.text(interval) == "40 ± 25 %" and style_gap.spoken(interval) == "40 % (15 to 65)"
    )


@pytest.mark.parametrize(
    ("kid", "text", "word"),
    [(0.30, "−50 %", "farther than untouched photographs"), (-0.02, "110 %", "look for copying"),
     (0.10, "50 %", "")],
)  # fmt: skip
def test_outside_of_the_two_ends_the_number_stays_and_gets_a_word(compared, kid, text, word):
    table = main_table.table(compared({"a": [kid]}))
    cell = table.lines[0].cells[1]
    assert cell.text == text and word in cell.note and bool(word) == bool(cell.note)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"identity": None}, "of the untouched photographs is not there"),
        ({"floor": None}, "of the floor is not there"),
        ({"identity": 0.01, "floor": 0.02}, "no gap to close"),
        ({"key": "other"}, "KID, on which it is measured, is not among the metrics"),
        ({"protocol": {"extractor": "a plugin's"}}, "KID, on which it is measured, is not among"),
        ({"identity": 0.03, "error": 0.01}, "lies within 2 standard errors of the floor"),
    ],
)
def test_without_two_ends_there_is_no_gap_but_a_reason(compared, change, reason):
    comparison = compared({"a": [0.1]}, **change)
    assert style_gap.scale(comparison) is None and reason in style_gap.why_not(comparison)
    assert any(reason in note for note in footnotes.footnotes(comparison))
    assert "style gap" not in markdown.to_markdown(comparison).splitlines()[0]
    assert "style_gap_percent_mean" in csv_table.comparison_table(comparison)


@pytest.mark.parametrize("key", ["kid", "random_inception_kd", "other_network_kd"])
def test_kid_is_found_on_whatever_network_there_is(compared, key):
    assert style_gap.kid(compared({"a": [0.1]}, key=key)).metric == key


def test_the_noise_of_the_ends_is_that_of_the_identity_and_of_both_halves_of_the_floor(compared):
    just = 2 * 0.01 * (1 + 2) ** 0.5  # two errors of hypot(0.01, sqrt(2) 0.01)
    assert style_gap.scale(compared({"a": [0.1]}, identity=just * 1.01, error=0.01))
    assert not style_gap.scale(compared({"a": [0.1]}, identity=just * 0.99, error=0.01))


def test_the_paintings_that_judge_are_a_part_of_the_noise(compared):
    just = 2 * (2 * 0.01**2 + 2 * 0.03**2) ** 0.5
    told = {"error": 0.01, "details": {style_gap.OF_REFERENCE: 0.03}}
    assert style_gap.scale(compared({"a": [0.1]}, identity=just * 1.01, **told))
    assert not style_gap.scale(compared({"a": [0.1]}, identity=just * 0.99, **told))


def test_one_seed_has_the_interval_over_its_pictures_and_says_so(compared):
    comparison = compared({"a": [0.10]}, error=0.01)
    ends, row = style_gap.scale(comparison), comparison.rows[0]
    assert style_gap.over_pictures(row, ends) == pytest.approx(
        9.8
    )  # 1.96 * 0.01 of 0.20, in percent
    cell = main_table.table(comparison).lines[0].cells[1]
    assert (cell.text, cell.note) == ("50 %", "± 9.8 % over its pictures")
    said = markdown.to_markdown(comparison)
    assert "| 50 % (± 9.8 % over its pictures) |" in said
    assert said.lower().count("one seed a model: no number has an interval") == 1
    assert "one seed" not in said.partition("Mean ±")[0]
    table = csv_table.comparison_table(comparison)
    assert table["style_gap_percent_half_width_over_pictures"][0] == pytest.approx(9.8)
    said = verdict.decide(record.Results(None, {}, (), ()), comparison).text
    assert "a closes 50 % (40 to 60 over the pictures of one seed) of the style gap" in said


def test_several_seeds_have_the_interval_over_seeds_alone(compared):
    comparison = compared({"a": [0.10, 0.12]}, error=0.01)
    assert "over its pictures" not in main_table.table(comparison).lines[0].cells[1].note


def test_beyond_the_floor_every_place_points_to_the_copies(compared):
    comparison = compared({"a": [-0.02, -0.021]})
    cell = main_table.table(comparison).lines[0].cells[1]
    assert (cell.note, cell.link) == (style_gap.COPYING, "copying")
    said = verdict.decide(record.Results(None, {}, (), ()), comparison)
    assert '<a href="#copying">' in "".join(said.support) and style_gap.COPYING in said.text
    assert "look for copying" in markdown.to_markdown(comparison)


@pytest.mark.parametrize(("key", "coarse"), [(KID, True), ("kid", False)])
def test_through_random_weights_the_gap_is_called_a_coarse_judge(compared, key, coarse):
    notes = footnotes.footnotes(compared({"a": [0.1]}, key=key))
    assert any("coarse judge" in note for note in notes) == coarse


def test_the_gap_stands_right_after_the_metric_that_decides(compared):
    comparison = compared({"a": [0.10, 0.12, 0.14]})
    heads = markdown.to_markdown(comparison).splitlines()[0].split(" | ")
    assert heads[2] == "style gap closed ↑"
    table = csv_table.comparison_table(comparison)
    names = [name for name in table.columns if "mean" in name]
    assert names[:2] == ["random_inception_fd_mean", "style_gap_percent_mean"]
    by_row = table.set_index("row")["style_gap_percent_mean"]
    assert by_row["model"] == pytest.approx(40)
    assert (by_row["identity"], by_row["floor"]) == (0.0, 100.0)


def test_the_verdict_says_how_much_the_best_and_its_equals_close(compared):
    models = {"a": [0.10, 0.12, 0.14], "b": [0.14, 0.10, 0.13], "c": [0.180, 0.201, 0.219]}
    comparison = compared(models)
    results = record.Results(None, {}, (), ())
    text = verdict.decide(results, comparison).text
    assert "a closes 40 % (15 to 65), b closes 38 % (" in text and "c closes" not in text
    assert "of the style gap: 0 % is what untouched photographs reach" in text


def test_the_formula_and_its_two_ends_stand_in_the_page(built):
    html = (built / "report.html").read_text()
    reading = html[html.index('id="reading"') :]
    assert "100 × (D(untouched photographs) − D(model))" in reading
    assert "D is random-Inception KD: 0.204 for the untouched photographs" in reading


def test_in_the_page_the_word_about_copies_is_a_link_to_them(fake):
    fake.run("dcgan", 0, 40.0, pictures=False)
    html = build(fake.finish(["dcgan"])).read_text()
    assert f'<small><a href="#copying">{style_gap.COPYING}; ± ' in html
    assert 'id="copying"' in html
