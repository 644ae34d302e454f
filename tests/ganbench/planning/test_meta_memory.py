"""Tensors of a step, counted where there are none: how much memory a model is going to take."""

from types import SimpleNamespace

import pytest
import torch

from ganbench.planning import inspect_models, meta_memory
from ganzoo import registry
from ganzoo.settings import resolve


def predicted(name, size=32, **overrides):
    kind = registry.load(registry.select(name)[0])
    settings = resolve(kind.Settings, name, overrides)
    return inspect_models.measure_on_meta(kind, settings, size).memory


@pytest.mark.parametrize(
    ("name", "more"),
    [("dcgan", {}), ("cyclegan-resnet", {"d_width": 8, "d_layers": 2, "blocks": 1})],
)
def test_what_a_larger_batch_adds_is_known_from_one_batch(name, more):
    two, eight = (predicted(name, width=8, batch=batch, **more) for batch in (2, 8))
    assert two["parameters"] == eight["parameters"]
    assert two["per_picture"] == pytest.approx(eight["per_picture"], rel=0.05)
    assert two["fixed"] == pytest.approx(eight["fixed"], rel=0.05)
    if name == "dcgan":
        assert 3 * two["parameters"] <= two["optimizer"] < 5 * two["parameters"]
        assert two["remembered"] == 0
    else:
        assert two["remembered"] == eight["remembered"] == 2 * 51 * 3 * 32 * 32 * 4


def test_mixed_precision_is_not_predicted():
    assert predicted("dcgan", width=8, batch=2, precision="bf16") is None


def test_a_tensor_counts_while_its_storage_lives():
    def step(kept):
        wide = torch.empty(1000)
        kept.append(wide[:10].clone())
        half = wide[:500]
        del wide  # its storage lives on in the view
        high = torch.empty(500)
        del half, high
        torch.empty(800)

    with torch.device("meta"), meta_memory.Ledger() as ledger:
        weight, trainer = torch.empty(7), SimpleNamespace(step=step)
        found = meta_memory.step(trainer, ([],), ledger, ledger.living())
    assert found == meta_memory.Peak(weight.nbytes, 0, 4 * 1500, 0, 4 * 1500, 4 * 10)
