"""One test over the whole registry, and the official networks' exact sizes."""

import numpy as np
import pytest
import torch
from torch import nn

from ganzoo import conformance, draws, registry
from ganzoo.errors import InputError
from ganzoo.pytorch import gan, gradient_check, resnet
from ganzoo.pytorch.unet import CycleGANUNet
from ganzoo.settings import resolve
from ganzoo.trainer import Task
from metrics.mesh import excess, powers

MODELS = [model for model in registry.models() if model.framework == "pytorch"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_keeps_the_contract(model):
    failed = [(a.question, a.reason) for a in conformance.run(model, 32) if not a.good]
    assert failed == []


def test_the_registry_knows_what_the_built_in_models_start_from():
    for model in registry.BUILT_IN:
        if model.framework == "pytorch":
            assert model.source == registry.load(model).source, model.name


@pytest.mark.parametrize("norm", ["instance", "group"])
def test_other_norms_keep_the_contract_too(norm):
    small = {"width": 8, "d_width": 8, "d_layers": 2, "blocks": 1}
    for name, extra in (("cyclegan-unet", {"encoder": (8, 16, 16)}), ("cyclegan-resnet", {})):
        kind = registry.load(registry.select(name)[0])
        base = {k: v for k, v in small.items() if k in vars(kind.Settings())}
        settings = resolve(kind.Settings, name, base | extra | {"norm": norm, "batch": 2})
        tried = conformance.Trial(kind, settings, 32)
        conformance.continues_exactly(tried)
        conformance.generates_alone_as_in_company(tried)


NEW = [
    ("dcgan", {"upsample": "nearest"}),
    ("dcgan", {"upsample": "bilinear"}),
    ("cyclegan-unet", {"upsample": "bilinear", "residual": True, "canvas": 0}),
    ("cyclegan-resnet", {"upsample": "nearest", "residual": True, "d_norm": "same"}),
]


@pytest.mark.parametrize(("name", "changes"), NEW)
def test_resizing_and_residual_generators_keep_the_contract(name, changes, monkeypatch):
    (model,) = registry.select(name)
    kind = registry.load(model)
    answers = conformance.run(model, 32, changes=changes)
    failed = [(a.question, a.reason) for a in answers if not a.good]
    assert failed == []
    # At first only the last layer of a residual generator has a gradient; here, every one.
    monkeypatch.setattr(gan, "silence_last", lambda *networks: None)
    tried = conformance.Trial(kind, resolve(kind.Settings, name, changes, profile="small"), 32)
    gradient_check.right_at_batch_1(tried)
    gradient_check.right_at_batch_2(tried)


@pytest.mark.parametrize("upsample", ["transposed", "nearest", "bilinear"])
@pytest.mark.parametrize("name", ["cyclegan-unet", "cyclegan-resnet"])
def test_a_residual_generator_begins_with_its_input(name, upsample):
    tried = _tried(name, 32, residual=True, upsample=upsample)
    trainer, sources = tried.trainer(), tried.sources(3)
    for made in trainer.views(sources, sources).values():
        assert np.abs(made.astype(int) - sources).max() <= 1


@pytest.mark.parametrize("name", ["cyclegan-unet", "cyclegan-resnet"])
def test_only_a_canvas_tells_the_places_of_a_smooth_sky_apart(name, monkeypatch):
    monkeypatch.setattr(gan, "silence_last", lambda *networks: None)
    sky = np.full((1, 64, 64, 3), (120, 150, 200), np.uint8)
    inside = slice(24, 40), slice(24, 40)  # where U-Net of depth 2 does not see the border
    spread = {}
    for canvas in (0, 2):
        changes = {"canvas": canvas, "init_std": 0.1, "ema": 0.0, "norm": "group"}
        changes |= {"depth": 2} if name == "cyclegan-unet" else {"blocks": 1}
        trainer = _tried(name, 64, **changes).trainer()
        painted = trainer.generate(sky)[0][inside]
        assert np.array_equal(trainer.generate(sky)[0][inside], painted)
        spread[canvas] = np.ptp(painted, axis=(0, 1)).max()
    assert spread[0] <= 1 < spread[2]


def test_every_generator_has_the_same_canvas_and_a_checkpoint_brings_its_own(tmp_path):
    settings = _tried("cyclegan-unet", 32).settings
    one, other = (CycleGANUNet(settings, Task(32, seed)) for seed in (0, 1))
    canvas = one.G.finish.canvas.noise
    assert np.array_equal(canvas, draws.canvas(2, 32))
    assert torch.equal(canvas, other.F.finish.canvas.noise)
    assert not any(p is canvas for p in one.G.parameters())
    canvas.mul_(2)
    one.save(tmp_path)
    other.load(tmp_path)
    assert torch.equal(other.G.finish.canvas.noise, canvas)


def test_a_discriminator_without_norms_begins_with_the_spread_that_needs_none():
    D = _tried("cyclegan-resnet", 64, d_width=64).trainer().D_Y
    kinds = {type(part).__name__ for part in D.layers}
    assert kinds == {"Conv2d", "LeakyReLU"}
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 3, 64, 64), np.float32))
    for layer in list(D.layers)[:-1]:
        x = layer(x)
        if isinstance(layer, nn.LeakyReLU):  # of He et al. 2015: what goes in comes out as strong
            assert 0.7 < x.square().mean() < 1.4
    normed = _tried("cyclegan-resnet", 64, d_norm="same", norm="batch").trainer().D_Y
    assert any(isinstance(part, nn.BatchNorm2d) for part in normed.layers)


@pytest.mark.parametrize("name", ["dcgan", "cyclegan-unet", "cyclegan-resnet"])
def test_a_mesh_comes_of_transposed_convolutions_alone(name):
    found = {}
    for upsample in ("transposed", "nearest", "bilinear"):
        plain = {} if name == "dcgan" else {"residual": False, "canvas": 0}
        tried = _tried(name, 64, upsample=upsample, **plain)
        trainer = tried.trainer()
        trainer.double()
        found[upsample] = excess(powers(trainer.generate(tried.sources(32))), slice(None))
    assert found["transposed"] > 10  # dB
    assert max(found["nearest"], found["bilinear"]) < 1


@pytest.mark.parametrize(
    ("name", "overrides", "size", "expected"),
    [
        ("dcgan", {}, 64, {"G": 3_576_704, "D": 2_765_568}),
        ("cyclegan-resnet", {}, 256, {"G": 11_378_179, "D_Y": 2_764_737}),
        ("cyclegan-resnet", {"blocks": 6}, 128, {"G": 7_837_699}),
        ("cyclegan-unet", {}, 256, {"G": 54_413_955}),
        ("cyclegan-unet", {"norm": "instance"}, 256, {"G": 54_409_603, "D_X": 2_764_737}),
    ],
)
def test_official_settings_give_the_official_parameter_counts(name, overrides, size, expected):
    networks = _on_meta(name, overrides, size).networks
    counts = {key: sum(p.numel() for p in networks[key].parameters()) for key in expected}
    assert counts == expected


@pytest.mark.parametrize("size", [32, 64, 128, 256, 512])
def test_dcgan_draws_every_power_of_two(size):
    trainer = _on_meta("dcgan", {}, size)
    assert trainer.G(torch.zeros(2, 100, device="meta")).shape == (2, 3, size, size)
    assert trainer.D(torch.zeros(2, 3, size, size, device="meta")).shape == (2,)


def test_wrong_gradients_would_be_noticed(monkeypatch):
    kind, settings = _resnet()
    tried = conformance.Trial(kind, settings, 32)
    gradient_check.right_at_batch_1(tried)
    monkeypatch.setattr(resnet, "norm", lambda settings, channels: HalfGradient())
    with pytest.raises(AssertionError, match="relative error"):
        gradient_check.right_at_batch_1(tried)


class HalfGradient(nn.Module):
    """Passes on what comes, and half of what returns; in float64 it is honest."""

    def forward(self, x):
        if x.dtype == torch.float64:
            return x
        return x * 0.5 + (x * 0.5).detach()


def test_learning_rates_stay_and_then_fall_to_zero():
    trainer = _on_meta("cyclegan-resnet", {}, 64)
    rates = []
    for progress in (0.0, 0.5, 0.75, 1.0):
        trainer.schedule(progress)
        rates.append(trainer.optimizers["G"].param_groups[0]["lr"])
    assert rates == pytest.approx([2e-4, 2e-4, 1e-4, 0.0])


def test_a_damaged_state_is_one_sentence(tmp_path):
    kind, settings = _resnet()
    trainer = kind(settings, Task(32))
    trainer.save(tmp_path)
    (tmp_path / "state.safetensors").write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot be loaded"):
        trainer.load(tmp_path)


def test_one_tape_gives_the_numbers_of_generators_first():
    kind, _ = _resnet()
    small = {"width": 4, "d_width": 4, "d_layers": 2, "blocks": 1, "history": 2}
    made = []
    for update in ("generators-first", "together"):
        settings = resolve(kind.Settings, "cyclegan-resnet", small | {"update": update})
        tried = conformance.Trial(kind, settings, 32)
        made.append(tried.steps(tried.trainer(), 0, 1, 2, 3))
    assert made[0] == made[1]


def test_bfloat16_is_another_result_in_float32_weights_and_memory():
    kind, _ = _resnet()
    small = {"width": 4, "d_width": 4, "d_layers": 2, "blocks": 1, "history": 2}
    made = {}
    for precision in ("fp32", "bf16"):
        settings = resolve(kind.Settings, "cyclegan-resnet", small | {"precision": precision})
        trainer = conformance.Trial(kind, settings, 32).trainer()
        made[precision] = conformance.Trial(kind, settings, 32).steps(trainer, 0)[0]
        tensors = [*trainer.G.parameters(), *trainer.memory().values()]
        assert {tensor.dtype for tensor in tensors} == {torch.float32}
    assert made["bf16"] != made["fp32"]
    assert made["bf16"]["cycle"] == pytest.approx(made["fp32"]["cycle"], rel=0.02)


def test_a_u_net_in_bf16_keeps_its_innermost_layers_in_float32():
    small = resolve(CycleGANUNet.Settings, "cyclegan-unet", {"width": 4, "precision": "bf16"})
    G = CycleGANUNet(small, Task(32)).G
    seen = []
    for part in G.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            part.register_forward_hook(lambda layer, given, made: seen.append(made.dtype))
    G(torch.zeros(1, 3, 32, 32)).float().sum().backward()
    rough, exact = torch.bfloat16, torch.float32
    assert seen == [*[rough] * 4, *[exact] * 3, *[rough] * 3]  # of 2x2, 1x1 and 2x2
    assert all(p.grad.dtype == exact and p.grad.isfinite().all() for p in G.parameters())


def test_xla_is_refused():
    kind, _ = _resnet()
    with pytest.raises(InputError, match="TensorFlow") as caught:
        kind(resolve(kind.Settings, "cyclegan-resnet", {"xla": True}), Task(32))
    assert caught.value.hint == "--frameworks tensorflow"


def _resnet():
    kind = registry.load(registry.select("cyclegan-resnet")[0])
    small = {"width": 4, "d_width": 4, "d_layers": 2, "blocks": 1}
    return kind, resolve(kind.Settings, "cyclegan-resnet", small)


def _tried(name, size, **changes):
    kind = registry.load(registry.select(name)[0])
    return conformance.Trial(kind, resolve(kind.Settings, name, changes, profile="small"), size)


def _on_meta(name, overrides, size):
    kind = registry.load(registry.select(name)[0])
    settings = resolve(kind.Settings, name, overrides)
    settings.check(size)
    with torch.device("meta"):
        return kind(settings, Task(size, 0, "meta"))
