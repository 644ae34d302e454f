import numpy as np
import torch
from torch import nn

from ganzoo import remains


class Holder:
    def __init__(self, **held):
        vars(self).update(held)


def test_numbers_arrays_tensors_and_weights_are_seen_in_dicts_and_lists_too():
    held = Holder(
        count=3, share=0.5, array=np.zeros(2), tensor=torch.ones(2),
        nets={"E": nn.Linear(1, 1)}, queue=[torch.zeros(1), torch.ones(1)],
    )  # fmt: skip
    assert set(remains.of(held)) == {
        "count", "share", "array", "tensor", "nets.E.weight", "nets.E.bias", "queue.0", "queue.1",
    }  # fmt: skip


def test_what_is_no_state_is_not():
    network = nn.BatchNorm2d(2)
    held = Holder(network=network, name="x", call=len, _within=True, meta=torch.ones(2).to("meta"))
    assert set(remains.of(held)) == {
        "network.weight", "network.bias", "network.running_mean", "network.running_var",
    }  # fmt: skip


def test_the_first_that_has_changed_or_gone_is_named():
    before = remains.of(Holder(a=1, b=torch.ones(2)))
    assert remains.lost(before, remains.of(Holder(a=1, b=torch.ones(2), c=5))) == ""
    assert remains.lost(before, remains.of(Holder(a=1, b=torch.ones(2) + 1e-7))) == "b"
    assert remains.lost(before, remains.of(Holder(b=torch.ones(2)))) == "a"


def test_a_precision_that_numpy_has_not_is_read():
    held = Holder(half=torch.ones(2, dtype=torch.bfloat16))
    assert remains.of(held) == remains.of(Holder(half=torch.ones(2, dtype=torch.bfloat16)))
