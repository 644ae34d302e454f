import numpy as np
import pytest

from metrics import jackknife
from metrics.errors import InputError
from metrics.inception_score import INCEPTION_SCORE, inception_scores, splits_of, standard_error
from metrics.sample import Sample

RANDOM = np.random.default_rng(9)
REAL = Sample(pool=np.zeros((2, 4)))


def sure_of(classes: list[int], known: int = 12) -> np.ndarray:
    logits = np.zeros((len(classes), known))
    logits[np.arange(len(classes)), classes] = 1000  # other probabilities underflow to 0
    return logits


def test_sure_of_every_class_in_equal_parts_it_is_the_number_of_classes():
    assert inception_scores(sure_of(list(range(8)) * 3), 1) == pytest.approx([8.0])


def test_unsure_or_always_the_same_class_it_is_one():
    assert inception_scores(np.zeros((30, 5))) == pytest.approx(1.0)
    assert inception_scores(sure_of([3] * 30)) == pytest.approx(1.0)


def test_the_numbers_of_a_small_example():
    p = np.array([[0.5, 0.5], [0.9, 0.1]])
    mean = p.mean(axis=0)
    expected = np.exp(np.mean(np.sum(p * np.log(p / mean), axis=1)))
    assert inception_scores(np.log(p), 1) == pytest.approx([expected])


def test_a_constant_added_to_the_logits_of_a_picture_changes_nothing():
    logits = RANDOM.normal(size=(40, 7))
    np.testing.assert_allclose(
        inception_scores(logits + RANDOM.normal(0, 9, (40, 1))), inception_scores(logits)
    )


def test_more_varied_and_surer_pictures_score_higher():
    logits = RANDOM.normal(size=(100, 7))
    flat, sharp = (inception_scores(s * logits).mean() for s in (0.5, 3))
    assert 1 < flat < sharp < 7
    collapsed = np.repeat(3 * logits[:1], 100, axis=0)
    assert inception_scores(collapsed).mean() == pytest.approx(1)


@pytest.mark.parametrize(("count", "splits"), [(2, 1), (19, 1), (30, 3), (100, 10), (5000, 10)])
def test_no_split_has_fewer_than_ten_pictures_unless_there_are_no_more(count, splits):
    assert splits_of(count) == splits
    assert len(inception_scores(np.zeros((count, 3)))) == splits


def test_fewer_splits_are_told():
    few = INCEPTION_SCORE.measure(Sample(logits=RANDOM.normal(size=(35, 4))), REAL)
    assert few.note == "3 splits instead of 10: 35 pictures, and a split needs 10"
    assert few.details["splits"] == 3 and few.details["split_spread"] > 0
    enough = INCEPTION_SCORE.measure(Sample(logits=RANDOM.normal(size=(100, 4))), REAL)
    assert enough.note == "" and enough.details["splits"] == 10


def test_the_error_of_one_split_is_the_delete_one_jackknife():
    logits = RANDOM.normal(size=(15, 6))
    expected = jackknife.standard_error(
        lambda rows: float(inception_scores(logits[rows], 1)[0]), 15, groups=15
    )
    assert standard_error(logits) == pytest.approx(expected, rel=1e-9)


def test_the_error_is_the_spread_over_other_draws():
    draws = [2 * RANDOM.normal(size=(300, 5)) for _ in range(200)]
    spread = np.std([inception_scores(draw).mean() for draw in draws], ddof=1)
    errors = [standard_error(draw) for draw in draws]
    assert np.mean(errors) == pytest.approx(spread, rel=0.15)


def test_sure_and_identical_pictures_have_finite_numbers():
    for logits in (sure_of([1] * 12), sure_of([0, 1]), sure_of([4] * 11 + [5])):
        measured = INCEPTION_SCORE.measure(Sample(logits=logits), REAL)
        assert np.isfinite(measured.value)
        assert measured.error is None or np.isfinite(measured.error)


def test_one_picture_is_one_sentence():
    with pytest.raises(InputError, match="at least 2 pictures, here is 1"):
        inception_scores(np.zeros((1, 5)))


def test_what_is_measured_is_the_mean_of_the_splits():
    logits = RANDOM.normal(size=(120, 12))
    measured = INCEPTION_SCORE.measure(Sample(logits=logits), REAL)
    assert measured.value == pytest.approx(inception_scores(logits).mean())
