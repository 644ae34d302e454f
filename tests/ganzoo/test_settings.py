from dataclasses import field, make_dataclass

import pytest

from ganzoo.errors import InputError
from ganzoo.settings import DCGAN, CycleGANResNet, CycleGANUNet, resolve


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
        (int, 1, {"batch": "0"}, "batch=0 must be above 0"),
        (int, 1, {"latent": -3}, "latent=-3 must be above 0"),
    ],
)
def test_settings_that_no_model_can_have_are_one_sentence(kind, default, given, words):
    made = [("batch", int, 1), ("latent", int, 1), ("more", kind, default)]
    with pytest.raises(InputError, match=words):
        resolve(make_dataclass("Settings", made, frozen=True), "my-gan", given)


def test_a_setting_may_be_empty():
    made = [("batch", int, 1), ("more", int | None, None)]
    assert resolve(make_dataclass("Settings", made, frozen=True), "my-gan", {}).more is None
