import numpy as np
import pytest

from metrics import nearest as module
from metrics.errors import InputError
from metrics.mifid import nearest_distance
from metrics.nearest import NEAREST, closest, nearest_distances, nearest_others
from metrics.sample import Sample

GENERATOR = np.random.default_rng(4)


def directions(count: int, dimension: int = 32) -> np.ndarray:
    return GENERATOR.normal(size=(count, dimension)).astype(np.float32)


def measured(generated: np.ndarray, real: np.ndarray):
    return NEAREST.measure(Sample(generated), Sample(real))


def test_distances_are_1_minus_the_cosine_of_the_nearest_either_way_round():
    real = np.array([[1.0, 0], [-3, -4], [0, 2]])
    generated = np.array([[2.0, 0], [4, 3], [3, 4]])
    np.testing.assert_allclose(nearest_distances(generated, real), [0, 0.04, 0], atol=1e-15)
    np.testing.assert_allclose(nearest_others(real), [0.4, 0.2, 0.2], atol=1e-15)


def test_its_mean_is_the_distance_of_mifid():
    generated, real = directions(30), directions(20)
    expected = nearest_distance(generated, real)
    assert nearest_distances(generated, real).mean() == pytest.approx(expected, rel=1e-12)


def test_fresh_pictures_score_about_1_and_copies_far_less():
    real = directions(300)
    fresh, copies = directions(300), real[::-1] + 0.05 * directions(300)
    assert measured(fresh, real).value == pytest.approx(1, abs=0.05)
    assert measured(copies, real).value < 0.02
    assert measured(copies, real).details["suspicious_share"] == 1
    assert measured(fresh, real).details["suspicious_share"] < 0.05


def test_swapped_sides_give_another_number():
    real = directions(100)
    few_copies = np.vstack([real[:10], directions(90)])
    assert measured(few_copies, real).value != measured(real, few_copies).value


def test_a_copied_tenth_shows_in_the_share_and_the_note():
    real = directions(200)
    found = measured(np.vstack([real[:20], directions(180)]), real)
    assert found.details["smallest"] == 0
    assert 0.1 <= found.details["suspicious_share"] < 0.2
    assert found.note == "20 of 200 pictures repeat a real one"
    assert measured(directions(20), real).note == ""


def test_the_closest_are_the_copies_with_their_originals_first():
    real = directions(50)
    generated = directions(40)
    generated[[7, 31]] = real[12], real[3] + 0.01 * directions(1)[0]
    found = closest(generated, real, count=2, neighbours=3)
    assert found.samples.tolist() == [7, 31]
    assert found.real[:, 0].tolist() == [12, 3]
    assert found.real.shape == found.distances.shape == (2, 3)
    assert found.distances[0, 0] == 0 and (np.diff(found.distances) >= 0).all()
    assert found.distances[1, 0] == pytest.approx(found.generated_to_real[31])
    assert len(found.generated_to_real) == 40 and len(found.real_to_real) == 50


def test_fewer_pictures_than_asked_for_are_all_there_is():
    found = closest(directions(3), directions(2))
    assert found.samples.shape == (3,) and found.real.shape == (3, 2)


def test_blocks_do_not_change_anything(monkeypatch):
    generated, real = directions(23), directions(17)
    generated[4] = real[9]
    whole = closest(generated, real)
    monkeypatch.setattr(module, "BLOCK", 5)
    for name, array in vars(closest(generated, real)).items():
        np.testing.assert_allclose(array, getattr(whole, name), rtol=1e-12, err_msg=name)


def test_pairs_of_equal_real_pictures_divide_by_nothing():
    real = directions(20)
    some = np.vstack([real, real[:4]])
    assert np.count_nonzero(nearest_others(some) == 0) == 8
    assert np.isfinite(measured(directions(9), some).value)
    with pytest.raises(InputError, match="more than half of the real pictures"):
        measured(directions(9), np.vstack([real, real]))


def test_the_error_is_that_of_the_median():
    real = directions(100)
    ours = [measured(directions(100), real) for _ in range(60)]
    assert np.mean([m.error for m in ours]) == pytest.approx(
        np.std([m.value for m in ours]), rel=0.5
    )


def test_rows_of_zeros_are_near_nothing():
    assert nearest_distances(np.zeros((2, 32)), directions(5)).tolist() == [1, 1]
    assert nearest_others(np.vstack([np.zeros((2, 32)), directions(2)]))[:2].tolist() == [1, 1]


def test_what_cannot_be_compared_gets_a_sentence():
    with pytest.raises(InputError, match="at least 2 real pictures"):
        measured(directions(4), directions(1))
    with pytest.raises(InputError, match="here are 0 generated and 4 real"):
        measured(directions(0), directions(4))
    with pytest.raises(InputError, match="another extractor"):
        measured(directions(4), directions(4, 8))
    with pytest.raises(InputError, match="real features hold a NaN"):
        measured(directions(4), np.full((4, 32), np.nan))


def test_a_single_generated_picture_has_a_number_and_no_error():
    found = measured(directions(1), directions(9))
    assert found.value > 0 and found.error is None


def test_the_length_of_features_does_not_matter_however_short_they_are():
    generated, real = directions(20), directions(30)
    short = nearest_distances(generated / 1e3, real / 1e4)
    np.testing.assert_allclose(short, nearest_distances(generated, real), rtol=1e-5)


def test_what_is_typical_is_the_median():
    real = directions(101)
    generated = np.vstack([real[:10], directions(53)])
    ours, theirs = nearest_distances(generated, real), nearest_others(real)
    found = measured(generated, real)
    assert found.value == np.median(ours) / np.median(theirs)
    assert found.details["generated_median"] == np.median(ours)
    assert found.details["real_median"] == np.median(theirs)
    assert found.details["suspiciously_near"] == np.percentile(theirs, 1)
