"""What the page says of a model that was trained elsewhere: its numbers, and no claim."""

from dataclasses import replace

from ganbench import record
from ganbench.report.analysis import verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.pictures import failures
from ganbench.report.tables import csv_table, main_table, markdown

IMPORTED = record.Status("imported")


def judged(fake):
    """Two models trained here, and a far better one from elsewhere."""
    for label, levels in {"a": (120.0, 121.0, 119.0), "b": (132.0, 133.5, 130.5)}.items():
        for seed, level in enumerate(levels):
            fake.run(label, seed, level, pictures=False)
    fake.run("theirs", 0, 70.0, IMPORTED, pictures=False)
    results = record.read_results(fake.finish(["a", "b"], 163.0))
    value = replace(results.runs[0][1].scores[results.suite["primary"]], value=70.0)
    runs = tuple(
        (p, replace(r, scores={value.metric: value}) if r.label == "theirs" else r)
        for p, r in results.runs
    )
    return replace(results, runs=runs)


def test_the_verdict_names_it_apart_and_never_as_the_winner(fake):
    results = judged(fake)
    comparison = compare(results)
    found = verdict.decide(results, comparison)
    assert found.kind == "winner" and found.text.startswith("Use a:")
    said = "Imported, and under no budget of this suite: theirs, random-Inception FD 70.0, better"
    assert f"{said} than a." in found.text
    assert any("compared with none" in warning for warning in found.warnings)


def test_its_row_has_numbers_and_no_costs_and_it_is_no_failure(fake):
    comparison = compare(judged(fake))
    (row,) = [row for row in comparison.rows if row.imported]
    assert row is comparison.rows[-1]  # the others are ranked
    line = next(line for line in main_table.table(comparison).lines if line.row is row)
    assert line.cells[0].text == "70.0" and line.cells[0].note == "imported"
    assert not line.cells[0].best and line.status == "imported"
    costs = dict(
        zip([c.head for c in main_table.table(comparison).columns], line.cells, strict=True)
    )
    assert costs["training"].sort is None and costs["pictures/s"].sort is None
    assert failures.failures(comparison, with_pictures=False) == []
    table = csv_table.comparison_table(comparison).set_index("model")
    assert table.loc["theirs", "imported"] == 1 and table.loc["theirs", "done"] == 0
    metric = comparison.primary.metric
    assert table.loc["theirs", f"{metric}_mean"] == 70.0
    assert table.loc["theirs", f"{metric}_seeds"] == 0
    assert "| theirs | 70.0 (imported)" in markdown.to_markdown(comparison)
