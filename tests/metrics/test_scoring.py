import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from metrics import registry, scoring
from metrics.errors import InputError
from metrics.fid import FID
from metrics.mifid import MIFID
from metrics.registry import Measurement, Metric
from metrics.sample import Sample

OFFICIAL = SimpleNamespace(
    official=True, name="Inception", key="inception", protocol=lambda: {"resize": "TF1"}
)
RANDOM = SimpleNamespace(
    official=False, name="random-Inception", key="random_inception", protocol=dict
)


def sample(count: int = 40, shift: float = 0.0) -> Sample:
    random = np.random.default_rng(count)
    pictures = random.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    return Sample(pool=random.normal(shift, 1, (count, 64)), pictures=pictures)


def metric(measure, needs=("pictures",), **more) -> Metric:
    return Metric("m", "M", "M", needs, "lower", "", {"own": 1}, version=1, measure=measure, **more)


def mean(generated: Sample, real: Sample) -> Measurement:
    return Measurement(float(generated.pixels().mean()))


def test_every_number_stands_under_its_name_with_its_protocol_and_counts():
    results = scoring.score(sample(40), sample(30), [FID, MIFID], OFFICIAL)
    assert list(results) == ["fid", "mifid"]
    fid = results["fid"]
    assert (fid.title, fid.count, fid.reference_count) == ("FID", 40, 30)
    assert fid.protocol["resize"] == "TF1" and fid.protocol["covariance"] == "N-1"
    assert fid.value == FID.measure(sample(40), sample(30)).value
    assert fid.error > 0


def test_without_official_weights_the_name_says_so_and_a_tied_constant_gives_no_number():
    results = scoring.score(sample(), sample(30), [FID, MIFID], RANDOM)
    assert results["random_inception_fd"].title == "random-Inception FD"
    assert results["random_inception_mifd"].value is None
    assert "official Inception features only" in results["random_inception_mifd"].note


def test_a_metric_of_pictures_alone_needs_no_extractor_and_keeps_its_name():
    (result,) = scoring.score(sample(), sample(), [metric(mean)], None).values()
    assert (result.key, result.title, result.protocol) == ("m", "M", {"own": 1})
    (result,) = scoring.score(sample(), sample(), [metric(mean)], OFFICIAL).values()
    assert (result.key, result.title, result.protocol) == ("m", "M", {"own": 1})


@pytest.mark.parametrize(
    ("field", "words"),
    [("inputs", "not made from others"), ("truth", "not known"), ("back", "not translated back")],
)
def test_what_is_not_known_is_missing_with_a_reason(field, words):
    (result,) = scoring.score(sample(), sample(), [metric(mean, ("pictures", field))]).values()
    assert result.value is None and words in result.note


def test_a_refusal_is_a_missing_value_and_its_sentence():
    def refuse(generated, real):
        raise InputError("at least 50 pictures are needed")

    (result,) = scoring.score(sample(), sample(), [metric(refuse)]).values()
    assert (result.value, result.note) == (None, "at least 50 pictures are needed")


def divide(generated, real):
    return Measurement(1 / 0)


def leave(generated, real):
    sys.exit("no GPU")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (metric(divide), "it failed: ZeroDivisionError: division by zero"),
        (metric(leave), "it failed: SystemExit: no GPU"),
        (metric(lambda generated, real: 3.0), "measure returned a float, not a Measurement"),
        (metric(lambda generated, real: Measurement(float("nan"))), "its formula gave nan"),
        (metric(mean, ("moments",)), "moments of the generated pictures are missing"),
        (metric(lambda generated, real: Measurement(real.truth.mean())), "it failed: Attribute"),
    ],
)
def test_a_metric_that_fails_is_missing_and_costs_the_others_nothing(broken, words):
    results = scoring.score(sample(), sample(), [broken, replace(metric(mean), name="good")])
    assert results["m"].value is None and words in results["m"].note
    assert results["good"].value > 0


def test_what_only_one_side_has_is_no_number():
    without = replace(sample(), pictures=None)
    (result,) = scoring.score(sample(), without, [registry.get("fwd")]).values()
    assert (result.value, result.note) == (None, "the pictures of one side are not known")


def test_two_metrics_under_one_key_are_refused():
    copy = replace(metric(mean, ("pool",)), short="FD", name="mine")
    with pytest.raises(InputError, match='fid and mine both call their number "EXTRACTOR_fd'):
        scoring.score(sample(), sample(), [FID, copy], RANDOM)
    assert list(scoring.score(sample(), sample(), [FID, FID], OFFICIAL)) == ["fid"]


def test_the_error_is_the_jackknifes_unless_the_metric_brings_its_own():
    mine = metric(lambda generated, real: Measurement(1.0, error=0.5))
    assert scoring.measure(mine, sample(), sample()).error == 0.5
    constant = metric(lambda generated, real: Measurement(1.0))
    assert scoring.measure(constant, sample(), sample()).error == 0.0
    one = scoring.measure(metric(mean), sample(), sample())
    means = sample().pixels().mean((1, 2, 3))
    assert one.error == pytest.approx(means.std(ddof=1) / np.sqrt(40), rel=0.5)
    assert scoring.measure(metric(mean), sample(), sample(), errors=False).error is None
    assert scoring.measure(metric(mean, jackknife=False), sample(), sample()).error is None


def test_an_error_that_cannot_be_had_does_not_hide_the_number():
    def picky(generated, real):
        if len(generated) < 40:
            raise InputError("too few")
        return Measurement(2.0)

    measured = scoring.measure(metric(picky), sample(), sample())
    assert (measured.value, measured.error) == (2.0, None)


def test_a_sample_is_cut_in_all_its_parts():
    whole = replace(sample(10), inputs=np.arange(10))
    part = whole[np.array([7, 2])]
    assert len(part) == 2 and part.inputs.tolist() == [7, 2] and part.truth is None
    np.testing.assert_array_equal(part.pool, whole.pool[[7, 2]])
    assert len(Sample()) == 0


def test_the_first_extractor_measures_all_and_others_distances():
    lite, official = SimpleNamespace(official=False), SimpleNamespace(official=True)
    metrics = [registry.get(name) for name in ("kid", "fwd", "mifid", "precision")]
    shares = scoring.shared_out(metrics, [lite, official])
    assert [[m.name for m in mine] for _, mine in shares] == [
        ["kid", "fwd", "precision"],
        ["kid", "mifid"],  # which only the official features have
    ]
    ((alone, mine),) = scoring.shared_out(metrics, [lite])
    assert alone is lite and mine == metrics
    assert scoring.shared_out(metrics[1:2], []) == [(None, metrics[1:2])]
