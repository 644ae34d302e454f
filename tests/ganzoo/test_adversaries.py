"""What both kinds of GAN can be helped with: each switch alone, and held against its source."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from ganzoo import conformance, registry
from ganzoo.pytorch import restraint
from ganzoo.pytorch.layers import DenseStart, MinibatchStd, SpectralConv
from ganzoo.pytorch.training import fooling_loss, gan_loss
from ganzoo.settings import DCGAN, CycleGANUNet, resolve

ALL = {
    **{"ema": 0.99, "spectral_norm": True, "loss": "two-objective", "r1_gamma": 1.0, "lecam": 0.1},
    **{"d_steps": 2, "augment": "color-translation-cutout"},
}
SWITCHES = [
    ("dcgan", ALL),
    ("dcgan", {"minibatch_std": True, "enlarge": "flip-mirror-crop-noise", "loss": "hinge"}),
    ("cyclegan-unet", ALL | {"cycle_decay": 0.1, "lambda_identity": 1.0, "identity_decay": 0.1}),
    ("cyclegan-resnet", ALL | {"loss": "hinge", "norm": "instance", "update": "together"}),
]


@pytest.mark.parametrize(("name", "changes"), SWITCHES)
def test_every_switch_keeps_the_contract(name, changes, monkeypatch):
    monkeypatch.setattr(restraint, "R1_EVERY", 1)
    (model,) = registry.select(name)
    failed = [a for a in conformance.run(model, changes=changes) if not a.good]
    assert failed == []


def tried(name: str, **changes) -> conformance.Trial:
    kind = registry.load(registry.select(name)[0])
    settings = resolve(kind.Settings, name, {"batch": 2} | changes, "small")
    return conformance.Trial(kind, settings, 32)


def test_a_dense_start_keeps_the_contract():
    trial = tried("dcgan", dense_start=True)
    for question in conformance.QUESTIONS:
        question(trial)


@pytest.mark.parametrize("name", ["dcgan", "cyclegan-unet", "cyclegan-resnet"])
def test_every_switch_is_off_in_the_papers(name):
    settings = registry.load(registry.select(name)[0]).Settings()
    off = {"ema": 0.0, "spectral_norm": False, "r1_gamma": 0.0, "lecam": 0.0, "augment": ()}
    assert {key: getattr(settings, key) for key in off} == off
    assert settings.d_steps == 1 and settings.decay == "linear"
    assert settings.loss == ("bce" if name == "dcgan" else "lsgan")


def test_a_generator_draws_with_the_average_of_its_weights():
    trial = tried("dcgan", ema=0.5)
    trainer, expected = trial.trainer(), None
    for step in range(1, 4):
        weights = trainer.G.state_dict()["layers.0.weight"].clone()
        expected = weights if expected is None else expected
        trial.steps(trainer, step)
        kept = min(0.5, (1 + step) / (10 + step))  # at first it follows closely
        expected = kept * expected + (1 - kept) * trainer.G.state_dict()["layers.0.weight"]
    there = trainer.averages["G"].state_dict()["layers.0.weight"]
    assert torch.allclose(there, expected, atol=1e-6)
    sources = trial.sources(3)
    averaged, raw = trainer.generate(sources), trainer.raw(sources)
    assert not np.array_equal(averaged, raw)
    assert tried("dcgan", ema=0.0).trainer().raw(sources) is None


def test_averaging_does_not_change_the_training():
    plain, averaged = tried("cyclegan-unet", ema=0.0), tried("cyclegan-unet", ema=0.9)
    trainers = plain.trainer(), averaged.trainer()
    assert plain.steps(trainers[0], 1, 2) == averaged.steps(trainers[1], 1, 2)
    sources = plain.sources(2)
    assert np.array_equal(trainers[0].generate(sources), trainers[1].raw(sources))


def test_a_spectral_norm_ends_at_one():
    torch.manual_seed(0)
    layer = SpectralConv(5, 7, 3, 2, 1, bias=True)
    x = torch.randn(2, 5, 8, 8)
    for _ in range(200):
        layer(x)
    largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
    divided = nn.functional.conv2d(x, layer.weight / largest, layer.bias, 2, 1)
    assert torch.allclose(layer(x), divided, atol=1e-5)
    before = layer.u.clone()
    layer.eval()(x)
    assert torch.equal(layer.u, before)


def test_minibatch_std_is_one_number_more():
    x = torch.randn(4, 3, 2, 2)
    made = MinibatchStd()(x)
    assert made.shape == (4, 4, 2, 2) and torch.equal(made[:, :3], x)
    assert torch.allclose(made[:, 3], torch.full((4, 2, 2), x.std(0, correction=0).mean().item()))
    assert MinibatchStd()(x[:1].repeat(4, 1, 1, 1))[:, 3].max() < 1e-3


def test_a_dense_start_normalises_each_number():
    made = DenseStart(10, 3, 1e-5, 0.1)(torch.randn(64, 10, 1, 1))
    assert made.shape == (64, 3, 4, 4)
    assert made.mean(0).abs().max() < 1e-5 and (made.std(0, correction=0) - 1).abs().max() < 1e-2


def test_the_losses_of_two_heads_are_those_of_each():
    logits = torch.tensor([[-2.0, 0.5], [3.0, -0.25]])
    bce, hinge = logits.unbind(1)
    assert gan_loss("hinge", hinge, 1.0) == pytest.approx((0.5 + 1.25) / 2)
    assert gan_loss("hinge", hinge, 0.0) == pytest.approx((1.5 + 0.75) / 2)
    assert fooling_loss("hinge", hinge) == pytest.approx(-0.125)
    for label in (0.0, 1.0):
        both = gan_loss("bce", bce, label) + gan_loss("hinge", hinge, label)
        assert gan_loss("two-objective", logits, label) == pytest.approx(float(both) / 2)
    both = fooling_loss("bce", bce) + fooling_loss("hinge", hinge)
    assert fooling_loss("two-objective", logits) == pytest.approx(float(both) / 2)


@pytest.mark.parametrize("name", ["dcgan", "cyclegan-unet"])
def test_mixed_precision_keeps_what_is_saved_in_float32(name):
    trial = tried(name, precision="bf16", spectral_norm=True, lecam=0.1)
    trainer = trial.trainer()
    trial.steps(trainer, 1)
    kept = [v for network in trainer.networks.values() for v in network.state_dict().values()]
    floats = [v for v in [*kept, *trainer.memory().values()] if v.is_floating_point()]
    assert {v.dtype for v in floats} == {torch.float32}


def test_r1_is_the_squared_slope_at_real_pictures():
    """D(x) = a·x² / 2 has the slope a·x."""
    real = torch.randn(5, 3, 4, 4)

    def judge(x: torch.Tensor) -> torch.Tensor:
        return 0.5 * 3.0 * x.square().sum(dim=(1, 2, 3))

    expected = (3 * real).square().sum(dim=(1, 2, 3)).mean()
    assert torch.allclose(restraint.r1(judge, real), expected)


def test_r1_comes_every_sixteenth_step_and_as_much_heavier():
    settings = DCGAN(r1_gamma=2.0)
    held = restraint.Restraint(settings, torch.device("cpu"))
    real, logits = torch.randn(2, 3, 4, 4), torch.zeros(2)

    def judge(x: torch.Tensor) -> torch.Tensor:
        return x.sum(dim=(1, 2, 3))  # a slope of 1 everywhere

    due = [restraint.r1_is_due(settings, step) for step in (15, 16, 17, 32)]
    found = [float(held.loss(judge, with_r1, real, logits, logits)) for with_r1 in due]
    assert found == [0.0, 16 * 0.5 * 2.0 * 48, 0.0, 16 * 0.5 * 2.0 * 48]


def test_lecam_pulls_towards_the_other_side():
    held = restraint.Restraint(DCGAN(lecam=0.5), torch.device("cpu"))
    real, fake = torch.tensor([2.0, 4.0]), torch.tensor([-1.0, -1.0])
    loss = held.loss(lambda x: x, False, real, real, fake)
    usual_real, usual_fake = 0.03, -0.01  # a hundredth of the way from 0 to 3 and to -1
    assert held.anchors.tolist() == pytest.approx([usual_real, usual_fake])
    pulled = ((2 - usual_fake) ** 2 + (4 - usual_fake) ** 2) / 2 + (-1 - usual_real) ** 2
    assert float(loss) == pytest.approx(0.5 * pulled)


@pytest.mark.parametrize("decay", ["linear", "cosine"])
def test_rates_fall_from_where_they_are_told_to_the_end(decay):
    settings = DCGAN(decay=decay, decay_from=0.25)
    rates = [settings.rate(progress) for progress in (0.0, 0.25, 0.4, 0.625, 0.9, 1.0)]
    assert rates[:2] == [1.0, 1.0] and rates[3] == pytest.approx(0.5)
    assert rates[-1] == pytest.approx(0.0)
    assert all(a >= b for a, b in pairwise(rates))
    assert DCGAN(decay=decay).rate(0.99) == 1.0


def test_the_cycle_can_lose_its_weight():
    settings = CycleGANUNet(lambda_cycle=10.0, cycle_decay=0.1, lambda_identity=5.0)
    assert settings.lambdas(0.0) == (10.0, 5.0)
    assert settings.lambdas(0.5) == pytest.approx((5.5, 5.0))
    assert settings.lambdas(1.0) == pytest.approx((1.0, 5.0))
    trial = tried("cyclegan-unet", cycle_decay=0.0)
    early, late = trial.trainer(), trial.trainer()
    late.schedule(0.9)
    for trainer in (early, late):
        trainer.set_learning_rate(1.0, G=1e-3, D=1e-3)
    # The losses are told without their weights, and the first cycle is perfect.
    assert trial.steps(early, 1, 2) == trial.steps(late, 1, 2)
    assert trial.steps(early, 3) != trial.steps(late, 3)


def test_d_is_taught_more_often_on_the_same_pictures():
    once, twice = tried("dcgan"), tried("dcgan", d_steps=2)
    trainers = once.trainer(), twice.trainer()
    losses = once.steps(trainers[0], 1)[0], twice.steps(trainers[1], 1)[0]
    assert losses[1]["D"] < losses[0]["D"]  # it has learned in between


def test_settings_that_compare_pictures_refuse_to_see_one():
    for name in ("dense_start", "minibatch_std"):
        with pytest.raises(Exception, match=f"{name}=true needs batch=2"):
            replace(DCGAN(batch=1), **{name: True}).check(64)
