"""The derived network is the plain one."""

from functools import cache, partial

import numpy as np
import pytest
import torch

from metrics.extractors import fuse
from metrics.extractors.engine_torch import TorchEngine
from metrics.extractors.fuse import convolutions, derive, input_sizes
from metrics.extractors.inception import average, network
from metrics.extractors.weights import random_tensors


@cache
def uneven() -> dict[str, torch.Tensor]:
    """Weights with uneven batch norms, as trained ones are."""
    generator = np.random.default_rng(0)
    state = {name: value.numpy() for name, value in random_tensors().items()}
    for name, value in state.items():
        if ".bn." in name:
            state[name] = value + generator.uniform(0.0, 0.2, value.shape).astype(np.float32)
    return {name: torch.from_numpy(value) for name, value in state.items()}


def plain():
    """A network of its own for every caller: to derive another folds it, in new tensors."""
    return network(uneven())


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    coarse = torch.rand((2, 3, 30, 30), generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, (299, 299)) * 2 - 1


@pytest.fixture(scope="module")
def expected(pictures) -> np.ndarray:
    whole = plain()
    with torch.inference_mode():
        return whole(pictures).numpy()


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def test_the_derived_network_equals_the_plain_one(pictures, expected):
    fast = derive(plain())
    given: dict[str, tuple[int, int]] = {}
    for node, conv in convolutions(fast):
        conv.register_forward_pre_hook(partial(note, given, str(node.target)))
    with torch.inference_mode():
        assert relative(fast(pictures).numpy(), expected) < 1e-6
    assert input_sizes(fast, 299) == given  # found without computing anything


def note(given, name, conv, inputs):
    given[name] = inputs[0].shape[1:]


def test_batch_norm_is_gone_and_averages_stand_behind_their_convolutions():
    fast = derive(plain())
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in fast.modules())
    averages = [node for node in fast.graph.nodes if node.target is average]
    waiting = [node for node, conv in convolutions(fast) if conv.activation == "none"]
    assert len(averages) == 8  # all blocks A, C and the first E
    assert [node.args[0] for node in averages] == waiting
    assert all(user.target is torch.relu_ for node in averages for user in node.users)


@pytest.mark.parametrize("one_dnn", [True, False])
def test_the_engine_equals_the_plain_network_with_and_without_one_dnn(
    one_dnn, pictures, expected, monkeypatch
):
    from metrics.extractors import engine_torch

    if one_dnn and not engine_torch._has_one_dnn(torch.float32):
        pytest.skip("torch has no oneDNN operators here")
    monkeypatch.setattr(engine_torch, "_has_one_dnn", lambda dtype: one_dnn)
    engine = TorchEngine(derive(plain()), torch.device("cpu"), "fp32", 299)
    packed = [isinstance(m, fuse.PackedConv) for m in engine.network.modules()]
    assert any(packed) == one_dnn
    assert relative(engine(pictures), expected) < 1e-6
    assert relative(engine(pictures[:1]), expected[:1]) < 1e-6
