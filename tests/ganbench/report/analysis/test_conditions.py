"""What a table says of how its numbers came about."""

import pytest

from ganbench import record
from ganbench.report import build
from ganbench.report.analysis import conditions, style_gap
from ganbench.report.analysis.comparison import compare
from ganbench.report.tables import csv_table, latex, markdown

PAINTINGS = {"title": "monet_jpg", "count": 300}
HELD_OUT = PAINTINGS | {"trained": 210, "judged": 45}


@pytest.fixture
def compared(fake):
    def make(target, level=120.0, **suite):
        for seed in (0, 1):
            fake.run("cyclegan-unet", seed, level + seed, data={"target": target}, pictures=False)
        return compare(record.read_results(fake.finish(["cyclegan-unet"], **suite)))

    return make


def test_pictures_size_budget_seeds_recipe_and_judge_are_told(compared):
    comparison = compared(PAINTINGS, profile="small")
    assert conditions.sentences(comparison) == (
        "Trained on 300 paintings (monet_jpg); 32 px; 60s a run; seeds 0, 1; profile small, which "
        "is not the papers' settings. Judged by the paintings that the models learned from."
    )


def test_who_is_held_out_judges_and_is_not_trained_on(compared):
    said = conditions.sentences(compared(HELD_OUT))
    assert said.startswith("Trained on 210 paintings (monet_jpg); 32 px; 60s a run; seeds 0, 1.")
    assert said.endswith("Judged by 45 paintings that no model saw.")


@pytest.mark.parametrize("target", [None, [], {}, {"count": "many", "judged": "x"}])
def test_records_that_do_not_say_are_no_reason_to_fail(compared, target):
    comparison = compared(target)
    assert conditions.sentences(comparison).startswith("Trained on paintings; 32 px")
    assert conditions.held_out(comparison) == 0


def test_every_table_that_may_be_cited_says_so(compared):
    comparison = compared(HELD_OUT, profile="best")
    said = conditions.sentences(comparison)
    assert said in markdown.to_markdown(comparison)
    assert latex.escaped(said) in latex.to_latex(comparison).partition(r"\begin{tabular}")[0]
    line = csv_table.comparison_table(comparison).iloc[0]
    assert [line[name] for name in csv_table.CONDITION_COLUMNS] == [32, "60s", "best", 45]


@pytest.mark.parametrize(("target", "copied"), [(PAINTINGS, True), (HELD_OUT, False)])
def test_nothing_can_copy_what_no_model_saw(fake, compared, target, copied):
    comparison = compared(target, level=10.0)
    ends = style_gap.scale(comparison)
    assert ends is not None
    assert style_gap.word(101.0, comparison) == (style_gap.COPYING if copied else style_gap.BEYOND)
    assert ("look for copying" in markdown.to_markdown(comparison)) == copied
    html = build(fake.suite.parent).read_text("utf-8")
    assert ("look for copying" in html) == copied
