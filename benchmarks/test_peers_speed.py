"""Steps of the full-size networks against the usual code (`usual_pytorch.py`), on the CPU."""

import pytest
from turns import compared

from ganbench.system import frameworks

EXAMPLE, OFFICIAL = "PyTorch's DCGAN example", "official CycleGAN's step"
CASES = [
    ("dcgan", 64, "fp32", EXAMPLE, 1.4),
    ("dcgan", 64, "bf16", EXAMPLE, 2.2),
    ("cyclegan-resnet", 128, "fp32", OFFICIAL, 1.15),
    ("cyclegan-resnet", 128, "bf16", OFFICIAL, 1.9),
    ("cyclegan-unet", 128, "fp32", OFFICIAL, 1.2),
    ("cyclegan-unet", 128, "bf16", OFFICIAL, 1.2),
]
PROFILES = {"official": 128, "small": 64}  # and the pixels that they are measured at
NAMES = ("dcgan", "cyclegan-resnet", "cyclegan-unet")
needs_bf16 = pytest.mark.skipif(
    not frameworks.torch_knows_bf16(), reason="this processor is not fast in bfloat16"
)


@pytest.mark.parametrize(
    ("model", "size", "precision", "peer", "bar"),
    [pytest.param(*case, marks=[needs_bf16] * (case[2] == "bf16")) for case in CASES],
)
def test_a_step_beside_the_usual_one(benchmark, against, model, size, precision, peer, bar):
    job = {"framework": "pytorch", "model": model, "size": size, "steps": 1}
    mine = job | {"side": "ours", "settings": {"precision": precision}}
    found = compared(benchmark, mine, job | {"side": "usual"}, turns=7)
    against(f"pytorch: {model}, {precision}, {size} px", peer, found, bar)


@needs_bf16
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("model", NAMES)
def test_bf16_beside_fp32(benchmark, against, model, profile):
    """precision=auto exists because of those that are below 1."""
    size = 64 if model == "dcgan" else PROFILES[profile]
    job = {"side": "ours", "framework": "pytorch", "model": model, "profile": profile}
    job |= {"size": size, "steps": 1 if profile == "official" else 10}
    rough = job | {"settings": {"precision": "bf16"}}
    found = compared(benchmark, rough, job, turns=7)
    what = f"pytorch: {model}, {profile} profile in bf16, {size} px"
    against(what, "the same in fp32", found, 1.0 if profile == "official" else None)
