import pytest

from ganbench import record
from ganbench.report.analysis import precisions
from ganbench.report.analysis.comparison import compare
from ganbench.report.analysis.verdict_warnings import warnings

MIXED = "bf16, weights and losses in fp32"


@pytest.fixture
def results(fake):
    """Results of models, each with the precision that its record tells."""

    def make(**models):
        for model, told in models.items():
            environment = {} if told is None else {"precision": told}
            fake.run(model, 0, 100.0, pictures=False, environment=environment)
        return record.read_results(fake.finish(list(models)))

    return make


@pytest.mark.parametrize(("first", "second"), [("fp32", "fp32"), (MIXED, MIXED), ("fp32", None)])
def test_one_precision_needs_no_word(results, first, second):
    assert precisions.sentence(compare(results(dcgan=first, cyclegan=second))) == ""


def test_several_are_named_with_their_models_beside_the_verdict(results):
    found = results(dcgan="fp32", cyclegan=MIXED, unet="fp32")
    said = [str(text) for text in warnings(found, compare(found)) if "Precision" in text]
    assert said == [
        f"Precision was not the same: dcgan and unet in fp32; cyclegan in {MIXED}."
        " Differences in scores and speed are of that as well."
    ]
