"""A normalised bottleneck of 1x1 draws a constant and passes no noise back."""

import pytest

from ganzoo import conformance, registry
from ganzoo.pytorch import gradient_check
from ganzoo.settings import resolve


@pytest.mark.parametrize(("norm", "batch"), [("group", 1), ("group", 2), ("batch", 1)])
def test_gradients_agree_with_float64_where_a_map_is_one_number(norm, batch):
    (model,) = registry.select("cyclegan-unet")
    kind = registry.load(model)
    built = {"width": 4, "d_width": 4, "d_layers": 2, "depth": 5, "norm": norm, "groups": 32}
    built |= {"skips": "leaky", "bottleneck_norm": True}
    trial = conformance.Trial(kind, resolve(kind.Settings, model.name, built), 32)
    check = {1: gradient_check.right_at_batch_1, 2: gradient_check.right_at_batch_2}[batch]
    check(trial)
