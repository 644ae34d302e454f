import math

import numpy as np
import pytest

from ganbench.report.analysis import intervals


def test_three_seeds_have_a_half_width_of_2_48_deviations():
    assert intervals.t_factor(3) == pytest.approx(2.484, abs=1e-3)
    assert intervals.t_factor(5) == pytest.approx(1.242, abs=1e-3)


def test_interval_of_known_numbers_is_the_textbook_one():
    interval = intervals.over_seeds([10.0, 12.0, 14.0])
    assert (interval.mean, interval.deviation, interval.count) == (12.0, 2.0, 3)
    assert interval.half_width == pytest.approx(4.30265 * 2 / math.sqrt(3), rel=1e-5)


@pytest.mark.parametrize(
    ("values", "settled"),
    [([1.0, 1.1], True), ([-1.0, -1.1], True), ([-1.0, 1.0], False), ([5.0], False)],
)
def test_the_sign_of_a_mean_is_settled_on_either_side_of_zero(values, settled):
    assert intervals.over_seeds(values).excludes_zero == settled


@pytest.mark.parametrize("count", [2, 3, 5])
def test_interval_covers_the_truth_in_95_of_100_experiments(count):
    draws = np.random.default_rng(0).normal(7.0, 3.0, (4000, count))
    found = [intervals.over_seeds(list(row)) for row in draws]
    covered = np.mean([interval.low <= 7.0 <= interval.high for interval in found])
    assert covered == pytest.approx(0.95, abs=0.012)


def test_pairing_by_seed_removes_the_spread_of_the_seeds():
    first = {0: 100.0, 1: 150.0, 2: 50.0}
    second = {seed: value - 5 - 0.1 * seed for seed, value in first.items()}
    assert intervals.paired(first, second).half_width < 0.5
    assert intervals.over_seeds(list(first.values())).half_width > 100


def test_pairs_are_only_the_seeds_that_both_have():
    assert intervals.differences({0: 3.0, 1: 5.0}, {1: 4.0, 2: 9.0}) == [1.0]
    assert intervals.paired({0: 1.0}, {1: 1.0}) is None


def test_one_seed_has_a_mean_and_no_interval():
    interval = intervals.over_seeds([4.0])
    assert interval.half_width is None
    assert not interval.excludes_zero


def test_so_many_seeds_settle_a_difference_four_times_of_five():
    needed = intervals.seeds_to_settle(2.0, 3.0)
    random = np.random.default_rng(0)
    settled = []
    for count in (needed, needed - 2):
        seen = random.normal(2.0, 3.0, (4000, count))
        reach = intervals.t_factor(count) * seen.std(axis=1, ddof=1)
        settled.append((np.abs(seen.mean(axis=1)) > reach).mean())
    assert settled[0] == pytest.approx(0.8, abs=0.03) and settled[1] < 0.78
    assert intervals.seeds_to_settle(0.001, 3.0) is None
    assert intervals.seeds_to_settle(1.0, 0.0) == intervals.seeds_to_settle(1e9, 1e-9) == 2
    assert intervals.seeds_to_settle(1.0, None) is None


@pytest.mark.parametrize("count", [2, 3, 5, 20, 100, 1000])
def test_what_so_many_seeds_see_they_see_four_times_of_five(count):
    assert intervals.power(intervals.visible(count), count) == pytest.approx(0.8)


def test_equal_differences_leave_no_doubt_and_no_division_by_zero():
    equal = [intervals.over_seeds([value, value]) for value in (2.0, 0.0)]
    assert intervals.p_values(equal) == [0, 1]
    assert intervals.p_values([]) == []


@pytest.mark.parametrize("values", [(-1.0, 1.0), (-1.0, 0.0, 1.0), (-2.0, -1.0, 0.0, 1.0, 2.0)])
def test_the_p_value_is_5_percent_where_the_interval_touches_zero(values):
    spread = intervals.over_seeds(values)
    touching = [value + spread.half_width for value in values]
    assert intervals.p_values([intervals.over_seeds(touching)]) == [pytest.approx(0.05)]
