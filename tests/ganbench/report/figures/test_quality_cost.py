from dataclasses import replace

import pytest

from ganbench import price, record, report
from ganbench.report.analysis.comparison import compare
from ganbench.report.figures import learning_curves, quality_cost
from ganbench.report.tables import columns, csv_table


@pytest.fixture
def results(fake):
    """A model that took 3 Wh and half an hour of the machine, and one of 1 Wh and an hour."""
    for label, joules, wall in (("dcgan", 3600, 3600.0), ("cyclegan-unet", 10_800, 1800.0)):
        run = fake.run(label, 0, 100.0, pictures=False)
        folder = fake.suite / fake.runs[-1]
        cost = replace(run.cost, energy_joules=joules, energy_kind="CPU")
        used = replace(run.used, wall_seconds=wall)
        record.write(folder, replace(run, cost=cost, used=used))
    return fake.finish(["dcgan", "cyclegan-unet"], price="$0.50/h")


def read(results, **changes):
    found = record.read_results(results)
    return compare(replace(found, suite=found.suite | changes))


def drawn(comparison):
    return {one.cost.word: one for one in quality_cost.quality_against_cost(comparison)}


def test_every_cost_that_differs_has_a_figure_and_its_numbers(results):
    found = drawn(read(results))
    assert list(found) == ["arithmetic", "energy", "money"]  # the budget made time the same
    assert [(row.name, cost) for row, cost, _ in found["energy"].numbers] == [
        ("dcgan", "1.00"), ("cyclegan-unet", "3.00"),
    ]  # fmt: skip
    assert [(row.name, cost) for row, cost, _ in found["money"].numbers] == [
        ("cyclegan-unet", "0.250"), ("dcgan", "0.500"),
    ]  # fmt: skip
    assert found["money"].cost.label == "$, at $0.5/h"
    assert len({one.figure.name for one in found.values()}) == 3


def test_where_time_differs_it_is_a_cost(fake):
    for label, seconds in (("dcgan", 10.0), ("cyclegan-unet", 20.0)):
        run = fake.run(label, 0, 100.0, pictures=False)
        used = replace(run.used, seconds=seconds)
        record.write(fake.suite / fake.runs[-1], replace(run, used=used))
    found = drawn(read(fake.finish(["dcgan", "cyclegan-unet"])))
    assert "time" in found and "energy" not in found and "money" not in found


def test_without_counter_or_price_there_is_no_column(results, fake):
    heads = [column.head for column in columns.costs(read(results))]
    assert heads[-2:] == ["energy", "money"]
    assert read(results, price=None).price is None
    assert "money" not in [column.head for column in columns.costs(read(results, price="?"))]


def test_the_table_says_what_a_run_cost(results):
    comparison = read(results)
    (row,) = (row for row in comparison.rows if row.name == "cyclegan-unet")
    cells = {column.head: column.of_row(row).text for column in columns.costs(comparison)}
    assert (cells["energy"], cells["money"]) == ("3.00 Wh", "$0.250")
    table = csv_table.comparison_table(comparison).set_index("model")
    assert tuple(table.loc["cyclegan-unet", ["energy_joules", "money"]]) == (10_800, 0.25)


def test_the_price_typed_for_a_page_is_the_one_that_counts(results):
    assert compare(record.read_results(results), price.parse("1/h")).price.amount == 1
    page = report.build(results, price="2 EUR/h").read_text()
    assert "1.00 EUR" in page and "$" not in page.split('id="table"')[1].split("</table>")[0]


def test_a_switch_shows_one_figure_at_a_time(results, browser, tmp_path):
    path = report.build(results)
    page = browser.new_page()
    page.goto(path.as_uri())
    seen = lambda: [page.locator(f".by-{i}").is_visible() for i in (1, 2, 3)]  # noqa: E731
    assert seen() == [True, False, False]
    page.get_by_role("radio", name="money").check()
    assert seen() == [False, False, True]
    page.close()


LEVELS: dict[str, dict[str, tuple[float, ...]]] = {
    "told apart": {"dcgan": (190.0, 191.0, 192.0), "cyclegan-unet": (120.0, 121.0, 122.5)},
    "not told apart": {"dcgan": (120.0, 125.0, 119.0), "cyclegan-unet": (125.0, 120.0, 119.0)},
    "one seed": {"dcgan": (120.0,), "cyclegan-unet": (190.0,)},
}


@pytest.mark.parametrize("case", LEVELS)
def test_no_caption_ranks_what_the_seeds_do_not_tell_apart(fake, case):
    for label, levels in LEVELS[case].items():
        for seed, level in enumerate(levels):
            fake.run(label, seed, level, pictures=False)
    comparison = read(fake.finish(list(LEVELS[case])))
    caption = drawn(comparison)["arithmetic"].figure.caption
    curve = learning_curves.curves(comparison, "seconds")
    assert curve is not None
    if case == "told apart":
        assert caption.endswith("and takes the least arithmetic: nothing is traded.")
        assert "not told apart" not in curve.caption
    else:
        assert caption.startswith("Not told apart in score: ")
        assert "Of these cyclegan-unet took the least arithmetic." in caption
        assert "In the end not told apart: " in curve.caption
        assert "nothing is traded" not in caption and "beaten" not in caption


def test_a_lead_from_the_first_look_on_follows_nobody(fake):
    """Both first snapshots are at 10 s as the caption writes it, a little apart."""
    for label, level, shift in (("dcgan", 190.0, 0.0), ("cyclegan-unet", 120.0, 0.01)):
        run = fake.run(label, 0, level, pictures=False)
        curve = tuple(replace(point, seconds=point.seconds + shift) for point in run.curve[3:])
        record.write(fake.suite / fake.runs[-1], replace(run, curve=curve))
    found = learning_curves.curves(read(fake.finish(["dcgan", "cyclegan-unet"])), "seconds")
    assert found is not None
    expected = "On average cyclegan-unet leads from the first snapshot to the last."
    assert found.caption.startswith(expected)
