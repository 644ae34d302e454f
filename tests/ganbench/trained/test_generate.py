"""Pictures from noise."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganbench.data.sources.decode import decode_whole
from ganbench.errors import InputError
from ganbench.trained import trained_run
from ganbench.trained.generate import FRAMES, STOPS, Wish, generate

pytestmark = pytest.mark.usefixtures("here")


def draw(folder, out, **wish):
    return generate(trained_run.find(str(folder)), out, Wish(**wish), lambda *_: None)


def pictures_in(folder):
    return {path.name: decode_whole(path.read_bytes()) for path in sorted(folder.glob("0*"))}


def test_more_pictures_go_on_from_the_first_ones(made, tmp_path):
    folder = made("dcgan")
    draw(folder, tmp_path / "few", count=3)
    done = draw(folder, tmp_path / "many", count=70)
    few, many = pictures_in(tmp_path / "few"), pictures_in(tmp_path / "many")
    assert (done.made, done.kept, len(many)) == (70, 0, 70)
    assert all((many[name] == few[name]).all() for name in few)
    assert len({picture.tobytes() for picture in many.values()}) == 70
    done = draw(folder, tmp_path / "few", count=70)
    assert (done.made, done.kept) == (67, 3)
    again = pictures_in(tmp_path / "few")
    assert all((again[name] == many[name]).all() for name in many)


def test_another_seed_gives_other_pictures_and_never_in_the_same_folder(made, tmp_path):
    folder = made("dcgan")
    draw(folder, tmp_path / "a", count=2)
    draw(folder, tmp_path / "b", count=2, seed=1)
    a, b = pictures_in(tmp_path / "a"), pictures_in(tmp_path / "b")
    assert not any((a[name] == b[name]).all() for name in a)
    with pytest.raises(InputError, match="is there already"):
        draw(folder, tmp_path / "a", count=2, seed=1)


def test_a_grid_and_a_walk_that_comes_back_to_its_start(made, tmp_path):
    done = draw(made("dcgan"), tmp_path / "out", count=10, grid=True, walk=True)
    sheet = np.asarray(Image.open(tmp_path / "out" / "grid.png"))
    assert sheet.shape == (2 * 32, 8 * 32, 3)
    first = pictures_in(tmp_path / "out")["000000.png"]
    assert (sheet[:32, :32] == first).all()
    walk: Any
    with Image.open(tmp_path / "out" / "walk.webp") as walk:
        assert walk.n_frames == STOPS * FRAMES and walk.info["loop"] == 0
        frames = []
        for number in range(walk.n_frames):
            walk.seek(number)
            frames.append(np.asarray(walk.convert("RGB")).astype(int))
    steps = [np.abs(a - b).mean() for a, b in zip(frames, frames[1:] + frames[:1], strict=True)]
    assert max(steps) < 4 * np.mean(steps)  # the last step, to the first frame, is no jump either
    assert {path.name for path in done.others} == {"walk.webp", "grid.png"}


@pytest.mark.parametrize(
    "wish", [{"count": 0}, {"count": 10**7}, {"seed": -1}, {"seed": 2**32}, {"format": "bmp"}]
)
def test_a_wish_out_of_range_is_one_sentence_and_nothing_is_made(made, tmp_path, wish):
    with pytest.raises(InputError):
        draw(made("dcgan"), tmp_path / "out", **wish)
    assert not (tmp_path / "out").exists()


def test_a_translator_is_sent_to_translate(made, tmp_path):
    with pytest.raises(InputError, match="from photographs") as error:
        draw(made("cyclegan-unet"), tmp_path / "out")
    assert error.value.hint.startswith("ganbench translate PHOTOGRAPHS --with ")
