"""Steps of the full-size networks against the usual code (`usual_pytorch.py`), on the CPU."""

import pytest
import torch
from turns import compared

EXAMPLE, OFFICIAL = "PyTorch's DCGAN example", "official CycleGAN's step"
CASES = [
    ("dcgan", 64, "fp32", EXAMPLE, 1.4),
    ("dcgan", 64, "bf16", EXAMPLE, 2.2),
    ("cyclegan-resnet", 128, "fp32", OFFICIAL, 1.15),
    ("cyclegan-resnet", 128, "bf16", OFFICIAL, 1.9),
    ("cyclegan-unet", 128, "fp32", OFFICIAL, 1.2),
    ("cyclegan-unet", 128, "bf16", OFFICIAL, 1.2),
]


@pytest.mark.parametrize(("model", "size", "precision", "peer", "bar"), CASES)
def test_a_step_beside_the_usual_one(benchmark, against, model, size, precision, peer, bar):
    if precision == "bf16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("this processor is not fast in bfloat16")
    job = {"framework": "pytorch", "model": model, "size": size, "steps": 1}
    mine = job | {"side": "ours", "settings": {"precision": precision}}
    found = compared(benchmark, mine, job | {"side": "usual"}, turns=7)
    against(f"pytorch: {model}, {precision}, {size} px", peer, found, bar)
