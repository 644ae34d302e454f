"""The TensorFlow trainers by themselves; beside their twins they stand in test_twins.py."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganzoo import conformance, registry
from ganzoo.errors import InputError
from ganzoo.settings import resolve
from ganzoo.trainer import Task

pytestmark = pytest.mark.tensorflow
EXAMPLE = Path(__file__).parents[2] / "examples" / "tensorflow" / "tiny_gan.py"
NARROW: dict[str, dict[str, Any]] = {
    "dcgan": {"width": 4, "dropout": 0.5, "augment": "color-translation-cutout"},
    "cyclegan-unet": {"width": 4, "d_width": 4, "d_layers": 1, "depth": 2, "dropout": 0.5},
    "cyclegan-resnet": {"width": 4, "d_width": 4, "d_layers": 1, "blocks": 1},
}


@pytest.fixture(autouse=True, scope="module")
def tf():
    assert "torch" not in sys.modules  # see pytest_ignore_collect
    return pytest.importorskip("tensorflow")


@pytest.fixture
def eagerly(tf):
    """Tracing costs more than all the steps of a trial; test_twins.py has the compiled steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
    tf.keras.config.set_dtype_policy("float32")  # which a trainer in bf16 has changed


# The examples in TensorFlow and the twins meet most of what a model from noise could do wrong.
@pytest.mark.parametrize("name", [pytest.param("dcgan", marks=pytest.mark.slow), "cyclegan-unet"])
def test_every_model_keeps_the_contract(name, eagerly):
    (model,) = registry.select(name, framework="tensorflow")
    answers = conformance.run(model, 32, changes=NARROW[name])
    failed = [(a.question, a.reason) for a in answers if not a.good]
    assert failed == []


def test_a_generator_draws_with_the_average_of_its_weights(eagerly):
    tried = _trial("dcgan", ema=0.1, dropout=0.0)
    trainer, sources = tried.trainer(), tried.sources(3)
    assert np.array_equal(trainer.generate(sources), trainer.raw(sources))
    trainer.set_learning_rate(100.0, G=2e-4)
    tried.steps(trainer, 0)
    assert not np.array_equal(trainer.generate(sources), trainer.raw(sources))
    assert _trial("dcgan").trainer().raw(sources) is None


def test_views_are_of_the_averages_too(eagerly):
    tried = _trial("cyclegan-unet", ema=0.9)
    trainer, pictures = tried.trainer(), tried.pictures(2)
    before = trainer.views(pictures, pictures)
    trainer.F.out.layers[1].bias.assign([9.0, 9.0, 9.0])
    for name, picture in trainer.views(pictures, pictures).items():
        assert np.array_equal(picture, before[name]), name


def test_what_changes_from_step_to_step_makes_no_new_graph(monkeypatch):
    """But for the lessons of R1, which have a graph of their own."""
    from ganzoo.tensorflow import restraint

    monkeypatch.setattr(restraint, "R1_EVERY", 3)
    tried = _trial("cyclegan-unet", ema=0.9, r1_gamma=1.0, cycle_decay=0.1, decay="cosine")
    trainer = tried.trainer()
    for step in range(7):
        trainer.schedule(step / 7)
        tried.steps(trainer, step)
    assert trainer._learn.experimental_get_tracing_count() == 2


@pytest.mark.parametrize("size", [8, 20])  # maps for plain operations and for the fused kernel
@pytest.mark.parametrize("kind", ["batch", "instance", "group"])
def test_r1_knows_the_second_derivative_of_a_norm(kind, size, tf):
    from ganzoo.tensorflow import layers, restraint

    x = tf.constant(np.random.default_rng(0).standard_normal((1, size, size, 4)), tf.float32)
    groups = {"batch": 4, "instance": 4, "group": 2}[kind]
    (model,) = registry.select("cyclegan-resnet", framework="tensorflow")
    settings = resolve(registry.load(model).Settings, model.name, {"norm": kind, "groups": groups})

    def closed(x):
        grouped = tf.reshape(x, (1, size, size, groups, 4 // groups))
        mean, variance = tf.nn.moments(grouped, (1, 2, 4), keepdims=True)
        return tf.reshape((grouped - mean) / tf.sqrt(variance + 1e-5), x.shape)

    def gradient(norm):
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = restraint.r1(lambda x: tf.reduce_sum(tf.sin(3 * norm(x)), (1, 2, 3)), x)
        return tape.gradient(found, x)

    expected = gradient(closed).numpy()
    found = tf.function(gradient, autograph=False)(layers.norm(settings, 4)).numpy()
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_the_resnet_keeps_what_is_its_own_of_the_contract(eagerly):
    """Its trainer is the U-Net's."""
    tried = _trial("cyclegan-resnet")
    for question in (
        conformance.losses_are_numbers,
        conformance.generates_pictures,
        conformance.views_are_pictures,
    ):
        question(tried)


@pytest.mark.parametrize("norm", ["batch", "instance", "group"])
def test_pictures_do_not_depend_on_their_neighbours(norm, eagerly):
    tried = _trial("cyclegan-resnet", norm=norm)
    trainer, sources = tried.trainer(), tried.sources(3)
    together = trainer.generate(sources)
    for i in range(3):
        alone = trainer.generate(sources[i : i + 1])[0]
        assert np.abs(alone.astype(int) - together[i]).max() <= 1
    assert not np.array_equal(together[0], together[1])


@pytest.mark.parametrize(
    ("name", "loss", "changes"),
    [("dcgan", "D", {"dropout": 0.0, "augment": ""}), ("cyclegan-resnet", "cycle", {})],
)
def test_bfloat16_is_another_result_in_float32_weights(name, loss, changes, eagerly):
    made = {}
    for precision in ("fp32", "bf16"):
        tried = _trial(name, precision=precision, **changes)
        trainer = tried.trainer()
        made[precision] = tried.steps(trainer, 0)[0]
        assert all(v.dtype == "float32" for v in trainer.G.trainable_variables)
    assert made["bf16"] != made["fp32"]
    assert made["bf16"][loss] == pytest.approx(made["fp32"][loss], rel=0.02)


@pytest.mark.parametrize("upsample", ["transposed", "nearest", "bilinear"])
def test_xla_compiles_the_same_step(upsample):
    losses = []
    for xla in (False, True):
        tried = _trial("dcgan", xla=xla, dropout=0.0, augment="", upsample=upsample)
        losses.append(tried.steps(tried.trainer(), 0)[0])
    assert losses[0]["D"] == pytest.approx(losses[1]["D"], rel=1e-5)


def test_xla_compiles_what_holds_a_discriminator_back(tf):
    held = {"spectral_norm": True, "r1_gamma": 1.0, "lecam": 0.1, "minibatch_std": True}

    def gradient(xla: bool) -> np.ndarray:
        tried = _trial("dcgan", **held, augment="", dropout=0.0)
        trainer, real = tried.trainer(), tried.pictures(2).astype(np.float32) / 255

        def found(real, fake):
            with tf.GradientTape() as tape:
                loss = sum(trainer.told_apart(real, fake, [{}, {}], with_r1=True))
            return tape.gradient(loss, trainer.D.trainable_variables[0])

        return tf.function(found, autograph=False, jit_compile=xla)(real, -real).numpy()

    plain, compiled = gradient(False), gradient(True)
    assert np.abs(compiled - plain).max() < 1e-4 * np.abs(plain).max()


@pytest.mark.parametrize("filters", [3, 16])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 8, 8, 5), (3, 4, 7, 16), (64, 1, 1, 2)])
def test_a_resize_folded_into_its_convolution_is_the_same(filters, bias, shape, tf):
    """In float64 nothing is folded."""
    from ganzoo.tensorflow.layers import ResizeConv

    random = np.random.default_rng(0)
    x, kernel = random.standard_normal(shape), random.standard_normal((3, 3, shape[-1], filters))
    weights = random.standard_normal((shape[0], 2 * shape[1], 2 * shape[2], filters))

    def made(dtype: str) -> list[np.ndarray]:
        layer = ResizeConv(filters, "nearest", bias)
        layer.dtype_policy = dtype
        layer.build(shape)
        layer.kernel.assign(kernel)
        if bias:
            layer.bias.assign(np.arange(filters))
        given = tf.constant(x, dtype)
        with tf.GradientTape() as tape:
            tape.watch(given)
            y = layer(given)
            loss = tf.reduce_sum(y * tf.constant(weights, dtype))
        return [y.numpy(), *(g.numpy() for g in tape.gradient(loss, [given, layer.kernel.value]))]

    for found, exact in zip(made("float32"), made("float64"), strict=True):
        assert np.linalg.norm(found - exact) <= 1e-5 * np.linalg.norm(exact)


def test_small_maps_and_bfloat16_are_resized(tf, monkeypatch):
    from ganzoo.tensorflow.layers import ResizeConv

    def never(self, x):
        raise AssertionError("folded")

    monkeypatch.setattr(ResizeConv, "folded", never)
    small, large = tf.zeros((1, 8, 7, 2)), tf.zeros((1, 8, 8, 2))
    assert ResizeConv(3, "nearest", False)(small).shape == (1, 16, 14, 3)
    with pytest.raises(AssertionError, match="folded"):
        ResizeConv(3, "nearest", False)(large)
    mixed = ResizeConv(3, "nearest", False)
    mixed.dtype_policy = "mixed_bfloat16"
    assert mixed(large).dtype == tf.bfloat16


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_xla_knows_the_gradient_of_a_resize_in_bfloat16(mode, tf):
    """Of `tf.image.resize` in bfloat16 it does not: infinities."""
    from ganzoo.tensorflow.layers import ResizeConv

    x = np.random.default_rng(0).standard_normal((1, 8, 8, 4)).astype(np.float32)

    def gradient(policy: str, xla: bool) -> np.ndarray:
        layer = ResizeConv(4, mode, bias=False)
        layer.dtype_policy = policy
        layer.build(x.shape)
        layer.kernel.assign(tf.fill(layer.kernel.shape, 0.125))

        def found(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(tf.square(tf.cast(layer(x), tf.float32)))
            return tape.gradient(loss, x)

        compiled = tf.function(found, autograph=False, jit_compile=xla)
        return tf.cast(compiled(tf.cast(x, layer.compute_dtype)), tf.float32).numpy()

    exact, near = gradient("float32", False), gradient("mixed_bfloat16", True)
    assert np.abs(near - exact).max() < 0.01 * np.abs(exact).max()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", ["cyclegan-unet", "cyclegan-resnet"])
def test_a_residual_generator_begins_with_its_input_in_float32(name, precision, eagerly):
    tried = _trial(name, residual=True, precision=precision, upsample="bilinear")
    losses = tried.steps(tried.trainer(), 0)[0]
    assert losses["cycle"] == losses["identity"] == 0.0


def test_a_damaged_state_is_one_sentence(tmp_path, eagerly):
    trainer = _trial("dcgan").trainer()
    trainer.save(tmp_path)
    (tmp_path / "state.safetensors").write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot be loaded"):
        trainer.load(tmp_path)


def test_a_state_of_other_widths_is_one_sentence(tmp_path, eagerly):
    _trial("dcgan", width=8).trainer().save(tmp_path)
    with pytest.raises(InputError, match=r"layers.0.weight is \(100, 32, 4, 4\), not"):
        _trial("dcgan").trainer().load(tmp_path)


def test_settings_and_framework_stand_in_the_checkpoint(tmp_path, eagerly):
    import json

    trainer = _trial("dcgan").trainer()
    trainer.save(tmp_path)
    state = json.loads((tmp_path / "state.json").read_text())
    assert state["framework"] == "tensorflow"
    assert state["settings"]["width"] == 4 and state["task"]["size"] == 32
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".safetensors"]


def test_batch_norm_keeps_the_unbiased_variance(eagerly):
    from ganzoo.tensorflow.layers import BatchNorm

    x = np.random.default_rng(0).standard_normal((2, 3, 3, 4)).astype(np.float32)
    layer = BatchNorm(1e-5, momentum=1.0)
    layer(x, training=True)
    flat = x.reshape(-1, 4)
    assert np.allclose(layer.moving_mean, flat.mean(0), atol=1e-6)
    assert np.allclose(layer.moving_variance, flat.var(0, ddof=1), atol=1e-6)


def test_instance_norm_is_the_closed_form_at_batch_1_and_2(eagerly):
    from ganzoo.tensorflow.layers import InstanceNorm

    x = np.random.default_rng(0).standard_normal((2, 5, 6, 3)).astype(np.float32)
    expected = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    layer = InstanceNorm(1e-5)
    assert np.allclose(layer(x), expected, atol=1e-5)
    assert np.allclose(layer(x[:1]), expected[:1], atol=1e-5)


def test_the_example_keeps_the_contract_and_nothing_else_is_on_the_screen():
    done = subprocess.run(
        [sys.executable, "-m", "ganbench", "check", str(EXAMPLE)],
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tiny-gan (tensorflow)\n") and "FAIL" not in done.stdout


def _trial(name: str, **overrides) -> conformance.Trial:
    (model,) = registry.select(name, framework="tensorflow")
    kind = registry.load(model)
    changes = {k: v for k, v in (NARROW[name] | overrides).items() if v != ""}
    settings = resolve(kind.Settings, name, changes | {"batch": overrides.get("batch", 2)})
    settings.check(32)
    assert kind(settings, Task(32)).framework == "tensorflow"
    return conformance.Trial(kind, settings, 32)
