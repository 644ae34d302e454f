"""Both directions of a CycleGAN's step at once: the same bits, sooner."""

from threading import Barrier, Thread, current_thread

import numpy as np
import pytest
import torch

from ganzoo import registry
from ganzoo.pytorch.halves import at_once
from ganzoo.settings import resolve
from ganzoo.trainer import Task

CPU = torch.device("cpu")
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 6, 2, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def threads():
    """Set how many threads torch has; afterwards it has as many as before."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def _trainer(model, **changes):
    kind = registry.load(registry.select(model)[0])
    return kind(resolve(kind.Settings, model, changes, profile="small"), Task(32))


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("cyclegan-unet", {}),
        ("cyclegan-unet", {"lambda_identity": 0.5, "batch": 2}),
        ("cyclegan-resnet", {"lambda_identity": 0.5, "r1_gamma": 1.0, "lecam": 0.1, "d_steps": 2}),
        ("cyclegan-resnet", {"spectral_norm": True, "augment": ("translation",)}),
        ("cyclegan-resnet", {"precision": "bf16", "update": "together"}),
    ],
)
def test_bits_are_those_of_one_after_the_other(threads, model, changes):
    threads(1)
    alone = _trainer(model, **changes)
    one_by_one = [alone.step(*batch) for batch in zip(*PICTURES, strict=True)]
    threads(2)
    paired = _trainer(model, **changes)
    together = [paired.step(*batch) for batch in zip(*PICTURES, strict=True)]
    assert together == one_by_one
    for name, network in alone.networks.items():
        for key, value in network.state_dict().items():
            assert torch.equal(value, paired.networks[name].state_dict()[key]), (name, key)


def test_two_threads_work_at_the_same_time(threads):
    threads(2)
    both_there = Barrier(2, timeout=60)
    at_once(both_there.wait, both_there.wait, CPU)


def test_one_thread_does_one_after_the_other(threads):
    threads(1)
    done = []
    at_once(lambda: done.append("first"), lambda: done.append("second"), CPU)
    assert done == ["first", "second"]
    assert at_once(current_thread, current_thread, CPU) == 2 * (current_thread(),)


def test_each_half_has_half_of_the_threads_and_others_have_all(threads):
    threads(4)
    assert at_once(torch.get_num_threads, torch.get_num_threads, CPU) == (2, 2)
    found = []
    later = Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert [*found, torch.get_num_threads()] == [4, 4]


def test_an_error_is_told_when_both_have_ended(threads):
    threads(2)
    ended = []

    def fail():
        raise FloatingPointError("the first half")

    with pytest.raises(FloatingPointError, match="the first half"):
        at_once(fail, lambda: ended.append(torch.ones(500, 500).matrix_power(9)), CPU)
    assert len(ended) == 1


def test_dropout_draws_in_order(threads):
    """From torch's one generator: two threads would share it as it comes."""
    threads(2)
    names = _trainer("cyclegan-unet", dropout=0.5).at_once(current_thread, current_thread)
    assert names == (current_thread(), current_thread())
    names = _trainer("cyclegan-unet").at_once(current_thread, current_thread)
    assert current_thread() not in names
