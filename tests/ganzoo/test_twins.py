"""The same networks in two frameworks: same weights, same draws, same losses, same pictures.

Each half runs in a process of its own (twin.py); they are compared through files. With
GANBENCH_WRITE_DOCS set, docs/twins.md and docs/twins.svg are written.
"""

import numpy as np
import pytest

from ganzoo.settings import resolve

from .conftest import ALWAYS, CASES

pytestmark = pytest.mark.tensorflow


def test_the_cases_of_every_day_have_every_setting():
    def settings(names):
        return {key for name in names for key in CASES[name][1]}

    assert settings(ALWAYS) == settings(CASES)


def test_step_1000_sees_the_same_bytes(twins):
    one, other = (np.load(twins.root / half / "seen.npz") for half in ("pytorch", "tensorflow"))
    assert {"source", "target", "noise", "place", "color", "cutout"} <= set(one.files)
    for name in one.files:
        assert one[name].tobytes() == other[name].tobytes(), name


def test_both_start_from_the_very_same_weights(twins, case):
    one, other = (twins.state(half, case, "begun") for half in ("pytorch", "tensorflow"))
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value.dtype == other[name].dtype and np.array_equal(value, other[name]), name


def test_both_draw_the_same_pictures_before_any_lesson(twins, case):
    one, other = (twins.pictures(half, case, "begun") for half in ("pytorch", "tensorflow"))
    assert np.abs(one - other).max() <= 1
    assert one.std() > 0  # they are not blank


def test_the_losses_of_the_first_step_agree(twins, case):
    assert twins.deviations(case)[0] <= 1e-5


def test_the_gradients_of_the_first_step_agree(gradient_errors, case):
    assert max(gradient_errors[case]) <= 1e-4


def test_all_that_a_step_leaves_beside_weights_agrees(twins, case):
    """Running statistics, power iterations, history and LeCam's anchors."""
    one, other = (twins.state(half, case, "first") for half in ("pytorch", "tensorflow"))
    parts = ("memory/", ".u", ".running_")
    for name in (name for name in one if any(part in name for part in parts)):
        assert one[name].dtype == other[name].dtype == np.float32
        assert np.allclose(one[name], other[name], rtol=1e-4, atol=1e-5), name


@pytest.mark.parametrize("half", ["pytorch", "tensorflow"])
def test_the_first_step_draws_averages_towards_the_networks(twins, case, half):
    begun, first = (twins.state(half, case, moment) for moment in ("begun", "first"))
    averages = [name for name in first if name.startswith("average/")]
    ema = twins.numbers(half, case, "first")["settings"]["ema"]
    assert bool(averages) == bool(ema)
    for name in averages:
        new = first[name.replace("average/", "network/")]
        share = 1 - min(ema, 2 / 11)
        expected = begun[name] + np.float32(share) * (new - begun[name])
        assert np.allclose(first[name], expected, rtol=1e-6, atol=1e-8), name


def test_the_learning_rates_fall_alike(twins, case):
    one, other = (twins.rates(half, case, "ended") for half in ("pytorch", "tensorflow"))
    assert other == pytest.approx(one, rel=1e-6)
    decay_from = twins.numbers("pytorch", case, "ended")["settings"]["decay_from"]
    assert (min(one.values()) < 2e-4) == (decay_from < 1)


def test_the_optimisers_step_alike(twins, case):
    """A framework's own Adam or norm defaults are 1e-2 away at the second step."""
    assert max(twins.deviations(case)[:3]) <= 2e-4


def test_the_curves_of_twenty_steps_lie_on_each_other(twins, case):
    """Training amplifies rounding. The yardstick is PyTorch after a nudge of 1e-6."""
    own = max(*twins.deviations(case, "nudged"), 0.01)
    for name in twins.losses("pytorch", case)[0]:
        one, other = (
            np.array([step[name] for step in twins.losses(half, case)])
            for half in ("pytorch", "tensorflow")
        )
        assert np.abs(one - other).mean() <= 3 * own * np.abs(one).mean() + 1e-6, name


@pytest.mark.parametrize(("half", "other"), [("pytorch", "tensorflow"), ("tensorflow", "nudged")])
def test_a_checkpoint_goes_over_without_loss(twins, case, half, other):
    sent, received = twins.state(half, case, "ended"), twins.state(other, case, "carried")
    assert sent.keys() == received.keys()
    for name, value in sent.items():
        assert np.array_equal(value, received[name]), name
    pictures = twins.pictures(half, case, "ended"), twins.pictures(other, case, "carried")
    assert np.abs(pictures[0] - pictures[1]).max() <= 1


def test_a_compiled_step_resumes_exactly(twins, case):
    assert twins.losses("tensorflow", case, "resumed") == twins.losses("tensorflow", case)[1:]
    one, other = (twins.state("tensorflow", case, moment) for moment in ("ended", "resumed"))
    assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("file", "name", "overrides", "size", "expected"),
    [
        ("dcgan", "dcgan", {}, 64, 3_576_704),
        ("resnet", "cyclegan-resnet", {}, 256, 11_378_179),
        ("resnet", "cyclegan-resnet", {"blocks": 6}, 128, 7_837_699),
        ("unet", "cyclegan-unet", {}, 256, 54_413_955),
        ("unet", "cyclegan-unet", {"norm": "instance"}, 256, 54_409_603),
    ],
)
def test_official_generators_have_the_official_parameter_counts(
    file, name, overrides, size, expected
):
    import importlib

    module = importlib.import_module(f"ganzoo.tensorflow.{file}")
    kind = {"dcgan": "DCGAN", "resnet": "CycleGANResNet", "unet": "CycleGANUNet"}[file]
    settings = resolve(getattr(module, kind).Settings, name, overrides)
    generator = module.Generator(settings, size)
    assert sum(np.prod(v.shape) for v in generator.trainable_variables) == expected


def test_official_discriminators_have_the_official_parameter_counts():
    from ganzoo.tensorflow import dcgan, patchgan, resnet

    settings = resolve(resnet.CycleGANResNet.Settings, "cyclegan-resnet", {})
    counts = [
        sum(np.prod(v.shape) for v in network.trainable_variables)
        for network in (
            patchgan.PatchGAN(settings, 256),
            dcgan.Discriminator(resolve(dcgan.DCGAN.Settings, "dcgan", {}), 64),
        )
    ]
    assert counts == [2_764_737, 2_765_568]
