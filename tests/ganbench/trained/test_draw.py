"""Arrays through a trained model, as `ganbench.Run` offers it."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

import ganbench
from ganbench import record
from ganbench.trained import load_model, tiles, trained_run
from ganbench.trained.translate import Wish, translate

pytestmark = pytest.mark.usefixtures("here")


def run_of(folder):
    return ganbench.Run(folder, record.read(folder))


def test_arrays_and_pictures_come_back_in_the_shape_they_came(made):
    folder = made("cyclegan-resnet")
    trainer: Any = load_model.load(trained_run.find(str(folder)).model())
    run = run_of(folder)
    random = np.random.default_rng(0)
    some = random.integers(0, 256, (3, 32, 32, 3), np.uint8)
    assert (run.translate(some) == trainer.generate(some)).all()
    assert (run.translate(some[0]) == trainer.generate(some[:1])[0]).all()
    assert (run.translate(some, reverse=True) == trainer.reverse(some)).all()
    large = random.integers(0, 256, (50, 70, 3), np.uint8)
    both = run.translate([some[0], Image.fromarray(large)])
    assert isinstance(both, list) and [one.shape for one in both] == [(32, 32, 3), (50, 70, 3)]
    assert (both[1] == tiles.draw(large, 32, trainer.generate)).all()


def test_the_pictures_of_a_seed_are_those_of_the_command(made, tmp_path):
    from ganbench.trained.generate import Wish, generate

    folder = made("dcgan")
    drawn = run_of(folder).generate(3, seed=5)
    found = trained_run.find(str(folder))
    generate(found, tmp_path / "out", Wish(count=4, seed=5), lambda *_: None)
    files = [np.asarray(Image.open(tmp_path / "out" / f"{i:06d}.png")) for i in range(3)]
    assert (drawn == files).all()


@pytest.mark.parametrize(
    "given",
    [np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), ["a.jpg"]],
)
def test_what_is_no_picture_is_one_sentence(made, given):
    with pytest.raises(ganbench.InputError, match="is no picture"):
        run_of(made("cyclegan-unet")).translate(given)


def test_each_kind_of_model_says_what_it_starts_from(made):
    with pytest.raises(ganbench.InputError, match="from noise"):
        run_of(made("dcgan")).translate(np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(ganbench.InputError, match="from photographs"):
        run_of(made("cyclegan-unet")).generate()


def test_a_way_back_that_was_not_imported_is_one_sentence(made, photographs, tmp_path):
    origin = {"file": "net_G_A.pth", "sha256": "0" * 64, "format": "official"}
    folder = made("cyclegan-unet", status=record.Status("imported"), imported=origin)
    with pytest.raises(ganbench.InputError, match="without the way back"):
        run_of(folder).translate(np.zeros((32, 32, 3), np.uint8), reverse=True)
    with pytest.raises(ganbench.InputError, match="without the way back"):
        translate(str(photographs), trained_run.find(str(folder)), None, Wish(back=True), print)
