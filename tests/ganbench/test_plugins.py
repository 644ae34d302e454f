from pathlib import Path

import pytest

from ganbench import plugins
from ganbench.planning import suite
from ganzoo.errors import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
METRIC, MODEL = EXAMPLES / "colour_distance.py", EXAMPLES / "tiny_gan.py"


def test_files_are_told_apart_by_what_they_hold():
    assert plugins.with_metrics([str(METRIC), str(MODEL)]) == (METRIC,)
    assert plugins.with_models([str(METRIC), str(MODEL)]) == (MODEL,)


def test_a_file_may_hold_both(tmp_path):
    both = tmp_path / "both.py"
    both.write_text(METRIC.read_text() + MODEL.read_text())
    assert plugins.with_metrics([both]) == plugins.with_models([both]) == (both,)


def test_a_file_that_holds_neither_is_refused_by_name(tmp_path):
    empty = tmp_path / "empty.py"
    empty.touch()
    chosen = suite.Suite(models=("dcgan",), plugins=(str(empty),))
    with pytest.raises(InputError, match=r"empty\.py has no model"):
        suite.selected(chosen)


def test_a_metric_beside_the_models_does_not_disturb_them():
    chosen = suite.Suite(models=("tiny-gan",), plugins=(str(METRIC), str(MODEL)))
    assert [model.name for model, _ in suite.selected(chosen)] == ["tiny-gan"]


def test_a_file_of_which_nothing_is_used_is_named_with_what_uses_it(tmp_path):
    look = EXAMPLES / "colour_extractor.py"
    assert plugins.unused([METRIC, MODEL, look], ["colour_distance", "tiny-gan", "colours"]) == []
    said = plugins.unused([METRIC, MODEL, look], ["kid", "dcgan", "inception"])
    for words, file, how in zip(
        said,
        (METRIC, MODEL, look),
        ("--metrics all", "--models tiny-gan,dcgan", "--extractor efficientnet-lite0,colours"),
        strict=True,
    ):
        assert words.startswith(f"nothing of {file} is used: {how} uses ")
    assert plugins.unused([MODEL], ["kid"], models=False) == []
