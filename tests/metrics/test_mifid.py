import numpy as np
import pytest

from metrics import mifid
from metrics.errors import InputError
from metrics.fid import frechet_distance
from metrics.mifid import MIFID, nearest_distance, penalise
from metrics.sample import Sample

GENERATOR = np.random.default_rng(2)


def directions(count: int, dimension: int = 64) -> np.ndarray:
    return GENERATOR.normal(size=(count, dimension))


def test_it_is_the_mean_over_generated_of_the_minimum_over_real():
    generated = np.array([[2.0, 0], [0, 1], [3, 4]])
    real = np.array([[1.0, 0], [-3, -4]])
    # nearest: itself 0; (0,1) to -(3,4)/5 by |cos| 0.8; (3,4) against its negative 0
    assert nearest_distance(generated, real) == pytest.approx((0 + 0.2 + 0) / 3, abs=1e-15)


def test_a_generator_that_copies_30_of_300_pictures_is_punished_only_in_kaggles_direction():
    real = directions(300)
    generated = np.repeat(real[:30], 10, axis=0) + 0.05 * directions(300)
    assert nearest_distance(generated, real) < 0.01
    assert nearest_distance(real, generated) > 0.3
    measured = MIFID.measure(Sample(generated), Sample(real))
    assert measured.details["penalty"] > 100
    assert measured.value == pytest.approx(
        frechet_distance(generated, real) / measured.details["nearest_distance"]
    )
    assert "copying penalty" in measured.note and "eps 0.1 assumed" in measured.note


def test_fresh_pictures_pay_no_penalty():
    generated, real = directions(50), directions(40)
    measured = MIFID.measure(Sample(generated), Sample(real))
    assert measured.value == frechet_distance(generated, real)
    assert measured.details["penalty"] == 1
    assert "no copying penalty" in measured.note and "local estimate" in measured.note


def test_epsilon_is_where_the_penalty_begins():
    assert penalise(12.0, 0.1) == (12.0, 1.0)
    assert penalise(12.0, 0.05) == (240.0, 20.0)
    assert penalise(12.0, 0.2, epsilon=0.5) == (60.0, 5.0)
    with pytest.raises(InputError, match="epsilon"):
        penalise(12.0, 0.2, epsilon=0)


def test_a_perfect_copy_is_finite_and_no_perfect_score():
    real = directions(20)
    value, _ = penalise(0.0, 0.0)
    assert value == 1.0
    measured = MIFID.measure(Sample(real), Sample(real))
    assert np.isfinite(measured.value) and measured.details["penalty"] > 1e10


def test_rows_of_zeros_are_dropped():
    generated, real = directions(6), directions(7)
    zeros = np.zeros((3, 64))
    padded = nearest_distance(np.vstack([generated, zeros]), np.vstack([zeros, real]))
    assert padded == nearest_distance(generated, real)
    assert nearest_distance(zeros, real) == 1.0


def test_the_block_size_does_not_matter(monkeypatch):
    generated, real = directions(23), directions(11)
    whole = nearest_distance(generated, real)
    monkeypatch.setattr(mifid, "BLOCK", 4)
    assert nearest_distance(generated, real) == pytest.approx(whole, rel=1e-14)


def test_agrees_with_torchmetrics_once_its_arguments_are_swapped():
    import torch
    from torchmetrics.image.mifid import _mifid_compute

    real = directions(60)
    generated = np.repeat(real[:15], 4, axis=0) + 0.2 * directions(60)

    def statistics(features):
        tensor = torch.from_numpy(features)
        return tensor.mean(0), torch.from_numpy(np.cov(features, rowvar=False)), tensor

    ours = MIFID.measure(Sample(generated), Sample(real)).value
    swapped = float(_mifid_compute(*statistics(generated), *statistics(real)))
    as_documented = float(_mifid_compute(*statistics(real), *statistics(generated)))
    assert ours == pytest.approx(swapped, rel=1e-5)
    assert abs(as_documented - ours) > 0.5 * ours
