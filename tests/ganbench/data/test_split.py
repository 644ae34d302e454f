"""What is held out is never trained on; one half chooses, the other tells."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganbench.data.batches import Probes, first, ordered
from ganbench.data.split import Split
from ganbench.data.store import Domain
from ganbench.errors import InputError


def domain(count: int = 30, duplicates: tuple[tuple[str, ...], ...] = ()) -> Domain:
    pictures = np.arange(count, dtype=np.uint8)[:, None, None, None] + np.zeros(
        (1, 16, 16, 3), np.uint8
    )
    names = tuple(f"{i:03}.jpg" for i in range(count))
    sizes = {"16x16": count}
    return Domain("photos", pictures, names, (), duplicates, sizes, "0" * 32, Path())


def test_every_picture_is_on_one_side():
    there = domain()
    trained = Split(0.4).trained(there)
    validation, test = (Split(0.4, half).judged(there) for half in ("validation", "test"))
    assert [len(part) for part in (trained, validation, test)] == [18, 6, 6]
    assert sorted([*trained, *validation, *test]) == list(range(30))
    assert sorted([*validation, *test]) == Split(0.4).judged(there).tolist()
    assert np.array_equal(Split(0.4, "test").trained(there), trained)


def test_nothing_held_out_is_all_of_it():
    there = domain()
    assert Split().trained(there).tolist() == Split().judged(there).tolist() == list(range(30))


def test_names_alone_decide():
    there = domain()
    turned = replace(there, names=there.names[::-1], pictures=there.pictures[::-1])
    chosen = {there.names[place] for place in Split(0.4).judged(there)}
    assert chosen == {turned.names[place] for place in Split(0.4).judged(turned)}


def test_identical_pictures_are_on_one_side():
    groups = tuple((f"{i:03}.jpg", f"{i + 15:03}.jpg") for i in range(15))
    there = domain(duplicates=groups)
    for split in (Split(0.4), Split(0.4, "validation"), Split(0.4, "test")):
        judged = set(split.judged(there))
        assert judged and {(place + 15) % 30 for place in judged} == judged


def test_more_held_out_is_the_same_and_more():
    there = domain()
    assert set(Split(0.2).judged(there)) < set(Split(0.5).judged(there))


def test_models_are_judged_by_held_out_pictures_alone():
    there, split = domain(), Split(0.4, "test")
    order = ordered(there, split.judged(there))
    shown = Probes(there.pictures, order)[0:4][:, 0, 0, 0]
    real = first(there, split.judged(there), 4)[:, 0, 0, 0]
    assert len(shown) == 4 and np.array_equal(shown, real)
    assert set(shown) <= set(split.judged(there))


@pytest.mark.parametrize(
    ("share", "half", "said"),
    [
        (0.03, "all", "leaves 1 of the 30 pictures of photos to judge by"),
        (0.1, "test", "leaves 1 of the 30 pictures of photos to judge by"),
        (0.99, "all", "leaves 0 of the 30 pictures of photos to train on"),
    ],
)
def test_a_side_with_too_few_is_refused(share, half, said):
    with pytest.raises(InputError, match=said) as raised:
        Split(share, half).check(domain())
    assert "--limit" not in raised.value.hint


def test_two_pictures_a_side_are_enough_and_a_part_may_be_larger():
    Split(2 / 30).check(domain())
    Split(28 / 30).check(domain())
    with pytest.raises(InputError) as raised:
        Split(0.99).check(replace(domain(), taken_of=200))
    assert raised.value.hint.endswith("--held-out 0.3, or a larger --limit")
