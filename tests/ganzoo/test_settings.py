from dataclasses import field, make_dataclass
from random import Random

import pytest

from ganzoo import registry
from ganzoo.errors import InputError
from ganzoo.settings import (
    BY_MODEL,
    DCGAN,
    CycleGAN,
    CycleGANResNet,
    CycleGANUNet,
    misfits,
    require_precision,
    resolve,
    typed,
)


def test_typed_text_becomes_the_field_s_type():
    text = {"batch": "4", "learning_rate_g": "1e-3", "encoder": "8-16-16", "norm": "group"}
    settings = resolve(CycleGANUNet, "unet", text)
    assert (settings.batch, settings.learning_rate_g) == (4, 1e-3)
    assert (settings.encoder, settings.norm) == ((8, 16, 16), "group")


def test_one_augmentation_and_several_are_both_lists():
    several = ("color-cutout", ("color", "cutout"))
    for text, expected in (("color", ("color",)), several, ("none", ()), ("", ())):
        assert resolve(DCGAN, "dcgan", {"augment": text}).augment == expected


def test_a_word_with_a_dash_stays_one_word():
    assert resolve(CycleGANUNet, "unet", {"update": "together"}).update == "together"
    assert resolve(CycleGANUNet, "unet", {"update": "generators-first"}) == CycleGANUNet()


def test_an_unknown_setting_names_the_valid_ones():
    with pytest.raises(InputError, match='no setting "widht"') as caught:
        resolve(DCGAN, "dcgan", {"widht": "3"})
    assert "nearest: width" in caught.value.hint
    assert "latent" in caught.value.hint


@pytest.mark.parametrize(
    ("kind", "override"),
    [(DCGAN, {"width": "wide"}), (CycleGANResNet, {"norm": "layer"}), (DCGAN, {"batch": "1.5"})],
)
def test_an_ill_typed_setting_says_what_it_should_be(kind, override):
    with pytest.raises(InputError, match="does not fit") as caught:
        resolve(kind, "model", override)
    assert next(iter(override)) in str(caught.value)
    assert "by default" in caught.value.hint


def test_a_number_that_is_none_is_refused():
    with pytest.raises(InputError, match="lambda_cycle=nan"):
        resolve(CycleGANResNet, "resnet", {"lambda_cycle": "nan"})


@pytest.mark.parametrize("size", [48, 16, 1024])
def test_dcgan_refuses_sizes_it_cannot_draw(size):
    with pytest.raises(InputError, match=f"cannot draw {size} px") as caught:
        DCGAN().check(size)
    assert "32, 64, 128, 256, 512" in caught.value.hint


@pytest.mark.parametrize(
    "settings",
    [
        CycleGANUNet(encoder=(8,) * 7),  # 64 px halve six times
        CycleGANUNet(encoder=(8, 8, 8), decoder=(8,)),
        CycleGANUNet(d_layers=5),
        CycleGANUNet(canvas=-1),
        CycleGANResNet(canvas=9000),
        CycleGANUNet(width=0),
        CycleGANUNet(dropout=1.5),
        CycleGANResNet(blocks=0),
        DCGAN(learning_rate_d=-1.0),
        DCGAN(latent=1),
        CycleGANUNet(encoder=(8, 0, 8)),
        CycleGANUNet(depth=7),
        CycleGANResNet(history=-1),
        CycleGANResNet(lambda_cycle=-1.0),
    ],
)
def test_settings_that_cannot_be_built_are_refused(settings):
    with pytest.raises(InputError):
        settings.check(64)


def test_the_u_net_s_own_filters_are_the_official_ones():
    encoder, decoder = CycleGANUNet().filters(256)
    assert encoder == (64, 128, 256, 512, 512, 512, 512, 512)
    assert decoder == (512, 512, 512, 512, 256, 128, 64)


def test_small_networks_give_way_to_what_is_typed():
    assert resolve(DCGAN, "dcgan", {}, profile="small").width < DCGAN().width
    assert resolve(DCGAN, "dcgan", {"width": "64"}, profile="small").width == 64


@pytest.mark.parametrize(
    ("kind", "default", "given", "words"),
    [
        (complex, 1j, {}, "the setting more is of type complex"),
        (tuple[complex, ...], (1j,), {}, "the setting more is of type complex"),
        (dict, field(default_factory=dict), {}, "the setting more is of type dict"),
        (Random, None, {}, "the setting more is of a type that cannot be typed"),
        ("Nowhere", 1, {"more": "2"}, "a type of its settings is not known: name 'Nowhere'"),
        (int, 1, {"batch": "0"}, "batch=0 must be above 0"),
        (int, 1, {"latent": -3}, "latent=-3 must be above 0"),
    ],
)
def test_settings_that_no_model_can_have_are_one_sentence(kind, default, given, words):
    made = [("batch", int, 1), ("latent", int, 1), ("more", kind, default)]
    with pytest.raises(InputError, match=words):
        resolve(make_dataclass("Settings", made, frozen=True), "my-gan", given)


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), ((), "none"), ((8, 16), "8-16"), (2e-4, "0.0002")]
)
def test_a_value_is_told_as_it_is_typed(value, text):
    assert typed(value) == text


def test_every_built_in_model_names_its_settings():
    for model in registry.BUILT_IN:
        if model.framework == "pytorch":
            assert registry.load(model).Settings is BY_MODEL[model.name]


def test_a_setting_may_be_empty():
    made = [("batch", int, 1), ("more", int | None, None)]
    assert resolve(make_dataclass("Settings", made, frozen=True), "my-gan", {}).more is None


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        (DCGAN(), 32),
        (DCGAN(latent=2, batch=2, dense_start=True, minibatch_std=True), 512),
        (DCGAN(batch=1, real_label=0.9, dropout=0.0, width=8192), 64),
        (CycleGANUNet(), 32),
        (CycleGANUNet(d_layers=2), 16),
        (CycleGANUNet(), 1024),
        (CycleGANUNet(encoder=(8,) * 6), 64),
        (CycleGANUNet(encoder=(8, 8)), 64),
        (CycleGANUNet(encoder=(1, 65_536, 1), decoder=(1, 65_536)), 64),
        (CycleGANUNet(depth=6, decoder=(8,) * 5), 64),
        (CycleGANResNet(history=0, canvas=0, lambda_cycle=0.0, adam_epsilon=0.0), 36),
        (CycleGANResNet(d_layers=1, blocks=256, decay_from=0.0, ema=0.0), 16),
    ],
)
def test_settings_at_the_edge_of_what_can_be_built_are_taken(settings, size):
    settings.check(size)


@pytest.mark.parametrize(
    ("settings", "size", "words"),
    [
        (DCGAN(batch=1, dense_start=True), 64, "dense_start=true needs batch=2"),
        (DCGAN(batch=1, minibatch_std=True), 64, "minibatch_std=true needs batch=2"),
        (DCGAN(real_label=1.1), 64, "real_label=1.1 must lie between 0 and 1"),
        (DCGAN(norm_momentum=5.0), 64, "norm_momentum=5.0 must lie between 0 and 1"),
        (DCGAN(slope=-3.0), 64, "slope=-3.0 must lie between 0 and 1"),
        (DCGAN(ema=1.0), 64, "ema=1.0 must be at least 0 and below 1"),
        (DCGAN(norm_epsilon=0.0), 64, "norm_epsilon=0.0 must be above 0"),
        (DCGAN(r1_gamma=-1.0), 64, "r1_gamma=-1.0 must not be negative"),
        (DCGAN(decay_from=1.5), 64, "decay_from=1.5 must lie between 0 and 1"),
        (CycleGANUNet(), 48, "cyclegan-unet cannot draw 48 px"),
        (CycleGANUNet(), 2048, "cyclegan-unet cannot draw 2048 px"),
        (CycleGANUNet(encoder=(8,)), 64, "the encoder has 1 layers; at 64 px it can have 2 to 6"),
        (CycleGANUNet(depth=6, decoder=(8,) * 4), 64, "the decoder has 4 layers; it needs one"),
        (CycleGANUNet(depth=6, decoder=(8,) * 6), 64, "the decoder has 6 layers; it needs one"),
        (CycleGANUNet(encoder=(8, 8), decoder=(65_537,)), 64, "at most 65,536 filters"),
        (CycleGANResNet(), 66, "a size divisible by 4, not 66"),
        (CycleGANResNet(d_layers=1), 12, "a size divisible by 4, not 12"),
        (CycleGANResNet(identity_decay=-0.1), 64, "identity_decay=-0.1 must not be negative"),
        (CycleGANResNet(d_layers=4), 32, "d_layers=4 needs at least 64 px, not 32"),
    ],
)
def test_settings_just_beyond_it_are_refused_with_what_is_wrong(settings, size, words):
    with pytest.raises(InputError, match=words):
        settings.check(size)


@pytest.mark.parametrize("size", [16, 31, 32, 255, 256])
def test_the_layers_that_are_advised_for_a_size_can_judge_it(size):
    with pytest.raises(InputError) as caught:
        CycleGAN(d_layers=8).check(size)
    advised = int(caught.value.hint.split()[1].partition("=")[2])
    CycleGAN(d_layers=advised).check(size)
    with pytest.raises(InputError):
        CycleGAN(d_layers=advised + 1).check(size)


def test_rates_stay_until_they_fall_to_nothing():
    straight, curved = CycleGAN(decay_from=0.5), CycleGAN(decay_from=0.5, decay="cosine")
    assert [straight.rate(used) for used in (0, 0.5, 0.75, 1)] == [1, 1, 0.5, 0]
    assert [curved.rate(used) for used in (0, 0.5, 0.75, 1)] == pytest.approx([1, 1, 0.5, 0])
    assert curved.rate(0.625) == pytest.approx(0.5 + 0.5**1.5)
    assert DCGAN().rate(1) == 1 and DCGAN(decay="cosine").rate(1) == 1


def test_the_weights_of_the_losses_fall_evenly_to_their_fractions():
    settings = CycleGAN(cycle_decay=0.1, identity_decay=0.0)
    assert [settings.lambdas(used) for used in (0, 0.5)] == [(10, 5), (5.5, 2.5)]
    assert settings.lambdas(1) == pytest.approx((1, 0))
    assert CycleGAN().lambdas(1) == (10, 5)


def test_the_best_profile_keeps_the_papers_widths_and_averages_the_weights():
    for kind in (DCGAN, CycleGANUNet, CycleGANResNet):
        best = resolve(kind, "model", {}, profile="best")
        assert (best.width, best.ema, best.upsample) == (64, 0.999, "nearest")
        assert resolve(kind, "model", {}) == kind()
    dream = resolve(DCGAN, "dcgan", {}, profile="best")
    assert (dream.loss, dream.spectral_norm, dream.augment) == ("hinge", True, ("translation",))
    for profile in ("small", "best"):
        free = resolve(CycleGANResNet, "cyclegan-resnet", {}, profile=profile)
        assert (free.residual, free.canvas, free.d_norm) == (True, 2, "none")
        assert (free.lambda_cycle, free.lambda_identity) == (1.0, 0.0)


def test_what_the_papers_do_not_do_is_off_by_default():
    for kind in (DCGAN, CycleGANUNet, CycleGANResNet):
        made = kind()
        assert (made.ema, made.augment, made.d_steps, made.xla) == (0.0, (), 1, False)
        assert not (made.spectral_norm or made.r1_gamma or made.lecam)
    assert not (CycleGANUNet().residual or CycleGANUNet().canvas or CycleGANUNet().bottleneck_norm)
    assert not (DCGAN().dense_start or DCGAN().minibatch_std or DCGAN().enlarge)


def test_a_precision_that_a_device_has_not_or_nobody_has_found_out_is_refused():
    for precision, device in (("fp32", "cpu"), ("bf16", "cpu"), ("tf32", "cuda:1")):
        require_precision(DCGAN(precision=precision), device)
    with pytest.raises(InputError, match="is of NVIDIA GPUs, and not of cpu"):
        require_precision(DCGAN(precision="tf32"), "cpu")
    with pytest.raises(InputError, match="precision=auto is for"):
        require_precision(DCGAN(precision="auto"), "cuda")
    require_precision(object(), "cpu")


def test_defaults_that_could_not_be_typed_are_named():
    made = [("batch", int, 1.5), ("rate", float, 1), ("word", int, "many")]
    assert misfits(make_dataclass("Settings", made, frozen=True)) == "batch, word"
    assert misfits(DCGAN) == ""
