"""Layers that have a faster way to the same numbers, held against the plain one in float64."""

import pytest
import torch
from torch.nn import functional as fn

from ganzoo.pytorch.layers import ResizeConv


@pytest.mark.parametrize("filters", [3, 16])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(1, 5, 8, 8), (3, 16, 4, 7), (64, 2, 1, 1)])
def test_a_resize_folded_into_its_convolution_is_the_same(filters, bias, layout, shape):
    torch.manual_seed(0)
    layer = ResizeConv(shape[1], filters, "nearest", bias)
    x = torch.randn(shape).to(memory_format=layout).requires_grad_(True)
    made = layer(x)
    exact = [t.detach().double().requires_grad_(True) for t in (x, *layer.parameters())]
    larger = fn.interpolate(exact[0], scale_factor=2.0, mode="nearest")
    wanted = fn.conv2d(larger, exact[1], exact[2] if bias else None, padding=1)
    torch.testing.assert_close(made.double(), wanted, rtol=0, atol=1e-5)
    weights = torch.randn(made.shape)
    found = torch.autograd.grad((made * weights).sum(), (x, *layer.parameters()))
    right = torch.autograd.grad((wanted * weights.double()).sum(), exact)
    for gradient, true in zip(found, right, strict=True):
        assert (gradient.double() - true).norm() <= 1e-5 * true.norm()


def test_small_maps_bilinear_and_bfloat16_are_resized(monkeypatch):
    def never(self):
        raise AssertionError("folded")

    monkeypatch.setattr(ResizeConv, "folded", never)
    x = torch.randn(1, 4, 8, 8)
    assert ResizeConv(4, 3, "nearest", False)(x[..., :7]).shape == (1, 3, 16, 14)
    assert ResizeConv(4, 3, "bilinear", False)(x).shape == (1, 3, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        assert ResizeConv(4, 3, "nearest", False)(x).dtype == torch.bfloat16
    with pytest.raises(AssertionError, match="folded"):
        ResizeConv(4, 3, "nearest", False)(x)
