import numpy as np
from PIL import Image

from ganbench.data.batches import (
    SOURCE,
    TARGET,
    Ahead,
    PictureStream,
    Probes,
    Stream,
    _crop_enlarged,
    probe_latents,
    probe_order,
    walk,
)

PICTURES = np.random.default_rng(0).integers(0, 256, (7, 16, 16, 3), dtype=np.uint8)


def test_a_batch_depends_on_seed_and_step_alone():
    first, second = PictureStream(PICTURES, 3, TARGET), PictureStream(PICTURES, 3, TARGET)
    for step in (5, 0, 9):
        first.batch(step, 4)
    np.testing.assert_array_equal(first.batch(2, 4), second.batch(2, 4))
    assert not np.array_equal(first.batch(2, 4), PictureStream(PICTURES, 4, TARGET).batch(2, 4))


def test_all_batch_sizes_see_the_same_sequence():
    large, small = PictureStream(PICTURES, 0, TARGET), PictureStream(PICTURES, 0, TARGET)
    one_by_one = np.concatenate([small.batch(step, 1) for step in range(12)])
    np.testing.assert_array_equal(np.concatenate([large.batch(s, 4) for s in range(3)]), one_by_one)


def test_an_epoch_shows_every_picture_once():
    stream = PictureStream(PICTURES, 0, TARGET, flip=False)
    shown = {picture.tobytes() for picture in stream.batch(0, 7)}
    assert shown == {picture.tobytes() for picture in PICTURES}


def test_the_larger_domain_is_used_up_while_the_smaller_repeats():
    source = PictureStream(PICTURES, 0, SOURCE, flip=False)
    target = PictureStream(PICTURES[:2], 0, TARGET, flip=False)
    stream = Stream(source, target, batch=1, seed=0)
    batches = [stream.batch(step) for step in range(7)]
    assert len({s.tobytes() for s, _ in batches}) == 7
    assert len({t.tobytes() for _, t in batches}) == 2


def test_about_half_are_mirrored():
    ramp = np.tile(np.arange(16, dtype=np.uint8)[None, None, :, None], (1, 16, 1, 3))
    stream = PictureStream(ramp, 0, TARGET)
    mirrored = [bool(stream.batch(step, 1)[0, 0, 0, 0]) for step in range(1000)]
    assert 430 < sum(mirrored) < 570


def test_jitter_crops_out_of_an_enlarged_picture():
    stream = PictureStream(PICTURES, 0, TARGET, flip=False, jitter=0.25)
    batch = stream.batch(0, 7)
    assert batch.shape == (7, 16, 16, 3) and batch.dtype == np.uint8
    assert not any(np.array_equal(b, p) for b in batch for p in PICTURES)


def test_noise_is_standard_normal_and_new_at_every_step():
    stream = Stream(100, PictureStream(PICTURES, 0, TARGET), batch=64, seed=1)
    draws = np.stack([stream.batch(step)[0] for step in range(20)])
    assert draws.dtype == np.float32
    assert abs(draws.mean()) < 0.01
    assert abs(draws.std() - 1) < 0.01
    assert len(np.unique(draws[:, 0, 0])) == 20


def test_probes_are_chosen_by_name_whatever_the_order():
    names = [f"{i}.jpg" for i in range(20)]
    chosen = [names[i] for i in probe_order(names)[:5]]
    turned = names[::-1]
    assert chosen == [turned[i] for i in probe_order(turned)[:5]]
    assert chosen != names[:5]


def test_a_walk_starts_and_ends_at_its_latents():
    latents = probe_latents(2, 100)
    stops = walk(latents)
    np.testing.assert_allclose(stops[[0, -1]], latents, rtol=1e-5)
    lengths = np.linalg.norm(stops, axis=1)
    assert lengths.min() > 0.9 * np.linalg.norm(latents, axis=1).min()


def test_what_is_made_ahead_is_what_the_stream_gives():
    stream = Stream(5, PictureStream(PICTURES, 0, TARGET, jitter=0.1), batch=3, seed=2)
    ahead = Ahead(stream)
    for step in (4, 5, 6, 0, 1):
        for made, expected in zip(ahead.batch(step), stream.batch(step), strict=True):
            np.testing.assert_array_equal(made, expected)
    ahead.close()


def test_probes_are_read_when_asked_for_and_never_change_with_their_number():
    names = [f"{i}.jpg" for i in range(7)]
    few, many = Probes(PICTURES, probe_order(names)[:3]), Probes(PICTURES, probe_order(names)[:6])
    assert (len(few), len(many)) == (3, 6)
    np.testing.assert_array_equal(few[:3], many[:3])
    assert not np.array_equal(few[:3], PICTURES[:3])


def test_jitter_enlarges_by_its_fraction_and_crops_at_the_corner_that_was_drawn():
    enlarged = np.asarray(Image.fromarray(PICTURES[0]).resize((20, 20), Image.Resampling.BICUBIC))
    for corner, (top, left) in (((0, 0), (0, 0)), ((0.999, 0.5), (4, 2))):
        found = _crop_enlarged(PICTURES[0], 0.25, np.array(corner))
        np.testing.assert_array_equal(found, enlarged[top : top + 16, left : left + 16])
