"""The history of fakes: carried out at once for a batch, it is what one swap after another does."""

import numpy as np
import pytest
import torch

from ganzoo import draws
from ganzoo.pytorch.history import History


def shown(history: History, random: np.random.Generator, values: list[float]) -> list[float]:
    """What D is shown of fakes of one pixel each."""
    fakes = torch.tensor(values).view(-1, 1, 1, 1)
    drawn = {name: torch.from_numpy(a) for name, a in history.draw(random, len(values)).items()}
    return history.swap(fakes, drawn).flatten().tolist()


def test_it_shows_old_fakes_half_of_the_time():
    history, random = History(50), np.random.default_rng(0)
    seen = [shown(history, random, [float(i)])[0] for i in range(1050)]
    assert seen[:50] == list(range(50))
    old = sum(s != i for i, s in enumerate(seen[50:], 50))
    assert 430 < old < 570


@pytest.mark.parametrize(("size", "batch"), [(0, 2), (1, 3), (2, 5), (7, 3), (50, 4)])
def test_a_batch_at_once_is_one_swap_after_the_other(size, batch):
    history, at_once, in_turn = History(size), np.random.default_rng(1), np.random.default_rng(1)
    kept: list[float] = []
    for first in range(0, 40 * batch, batch):
        values = [float(first + i) for i in range(batch)]
        expected = list(values)
        swaps = draws.swaps(in_turn, len(kept), size, batch)
        for i, place in enumerate(swaps.place.tolist()):
            if swaps.shown[i]:
                expected[i] = kept[place]
            if swaps.stored[i]:
                kept[place : place + 1] = [values[i]]
        assert shown(history, at_once, values) == expected
        memory = history.memory()
        assert (memory.flatten().tolist() if memory is not None else []) == kept


def test_it_goes_on_from_what_was_remembered():
    one, other, random = History(3), History(3), np.random.default_rng(2)
    shown(one, random, [1.0, 2.0])
    other.remember(one.memory())
    assert other.filled == 2
    again = np.random.default_rng(3), np.random.default_rng(3)
    for values in ([3.0, 4.0], [5.0, 6.0], [7.0, 8.0]):
        assert shown(one, again[0], values) == shown(other, again[1], values)
    other.remember(None)
    assert other.memory() is None
