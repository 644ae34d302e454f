from types import SimpleNamespace

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


class Variable:
    """As TensorFlow's."""

    dtype = "float32"

    def __init__(self, *values):
        self.values = values

    def numpy(self):
        return np.array(self.values)


def test_variables_and_models_of_tensorflow_are_seen_and_no_optimiser():
    model = SimpleNamespace(weights=[Variable(1.0), Variable(2.0)], layers=[])
    held = Holder(
        step=Variable(3.0), nets={"G": model}, bare=SimpleNamespace(weights=[Variable(4.0)]),
        optimiser=torch.optim.Adam(nn.Linear(1, 1).parameters()),
    )  # fmt: skip
    before = remains.of(held)
    assert before.keys() == {"step", "nets.G.0", "nets.G.1"}
    model.weights[1].values = (2.5,)
    assert remains.lost(before, remains.of(held)) == "nets.G.1"


def test_what_lies_deep_within_is_seen_and_what_holds_itself_ends():
    held = Holder(nets={"a": ({"b": 1},), "words": np.array(["x", None])})
    held.__dict__["loop"] = [held.__dict__]
    found = remains.of(held)
    assert found["nets.a.0.b"] == "1"
    assert "nets.words" not in found and all(name.count(".") <= 3 for name in found)


def test_what_is_neither_a_tensor_nor_a_network_hinders_nobody():
    odd = [np.dtype("f4"), SimpleNamespace(layers=[1]), SimpleNamespace(dtype="f4")]
    assert remains.of(Holder(odd=odd, b=1))["b"] == "1"


def test_true_is_not_one_and_whole_numbers_are_no_floats():
    kinds = [remains.of(Holder(x=value))["x"] for value in (True, 1, 1.0)]
    assert len(set(kinds)) == 3
