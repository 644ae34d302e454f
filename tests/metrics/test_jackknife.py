from functools import partial

import numpy as np
import pytest

from metrics.fid import frechet_distance, sampling_error
from metrics.jackknife import of_mean, parts, spread, standard_error


def test_the_error_of_a_mean_is_the_textbook_one():
    values = np.random.default_rng(0).normal(3, 2, 400)
    textbook = values.std(ddof=1) / 20
    error = standard_error(lambda rows: float(values[rows].mean()), 400, groups=400)
    assert error == pytest.approx(textbook, rel=1e-9)
    assert of_mean(values) == pytest.approx(textbook, rel=1e-9)


def variance_of(draw: np.ndarray, rows: np.ndarray) -> float:
    return float(draw[rows].var())


def test_groups_estimate_the_spread_over_other_draws():
    """Over 300 draws the mean of the estimated error is the spread of the statistic."""
    random = np.random.default_rng(1)
    draws = random.normal(0, 1, (300, 200))
    spread = np.std([draw.var() for draw in draws], ddof=1)
    errors = [standard_error(partial(variance_of, draw), 200) for draw in draws]
    assert np.mean(errors) == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize("count", [3, 20, 24, 50, 101, 400, 799])
def test_groups_are_of_one_size_and_share_no_picture(count):
    groups = parts(count)
    assert len({len(group) for group in groups}) == 1
    left_out = np.concatenate(groups)
    assert len(set(left_out)) == len(left_out) > count - len(groups[0])
    assert 3 <= len(groups) <= 20


@pytest.mark.parametrize("count", [30, 50, 100])
def test_a_bias_that_changes_with_the_count_is_not_taken_for_spread(count):
    """A Fréchet distance of N pictures: its error must not outgrow its spread over other draws."""
    random = np.random.default_rng(3)
    real = random.normal(0, 1, (300, 256))
    draws = random.normal(0, 1, (60, count, 256))
    true = np.std([frechet_distance(draw, real) for draw in draws], ddof=1)
    errors = [sampling_error(draw, real) for draw in draws[:20]]
    assert 0.8 * true < np.mean(errors) < 1.8 * true


def test_a_constant_that_depends_on_the_count_alone_has_no_spread():
    assert standard_error(lambda rows: 1 / len(rows), 50) == 0


def test_it_is_the_same_every_time():
    values = np.random.default_rng(2).random(90)
    assert len({standard_error(lambda rows: float(values[rows].max()), 90) for _ in range(3)}) == 1


def test_too_few_pictures_or_no_number_give_no_error():
    assert standard_error(lambda rows: 1.0, 2) is None
    assert standard_error(lambda rows: float("nan"), 30) is None


def test_the_fewest_values_have_an_error_and_a_nan_has_none():
    assert spread([1.0, np.nan, 3.0, 4.0], 4) is None
    assert spread([1.0, 2.0, 3.0], 3) == pytest.approx(np.sqrt(2) * np.std([1, 2, 3]))
    assert of_mean(np.array([1.0, 2.0, 3.0])) == pytest.approx(1 / np.sqrt(3))
    assert of_mean(np.array([1.0, 2.0])) is None
