"""A TensorFlow step against the Keras documentation's way (`usual_keras.py`), on the CPU.

The processes meet TensorFlow, this one does not: others in `make speed` bring torch.
"""

import importlib.util

import pytest
from turns import compared

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("tensorflow"), reason="TensorFlow is not installed"
)
PROMISE = 1.0
# The documentation's CycleGAN remembers no fakes and teaches all networks at once.
TUTORIAL = {"update": "together", "history": 0}
RESNET = {"model": "cyclegan-resnet"}
# The small profile's widths; what else it changes the documentation has not.
THIN = {"width": 12, "blocks": 3, "d_width": 32, "d_layers": 2}
# At our own defaults a CycleGAN does more, see usual_keras: no promise.
CASES = {
    "dcgan, 16 filters": ({"model": "dcgan", "settings": {"width": 16}, "steps": 6}, PROMISE),
    "dcgan, batch 32": ({"model": "dcgan", "settings": {"batch": 32}, "steps": 2}, PROMISE),
    "cyclegan-resnet, 12 filters": (RESNET | {"settings": THIN | TUTORIAL, "steps": 6}, PROMISE),
    "cyclegan-resnet, 12 filters, as the paper": (RESNET | {"settings": THIN, "steps": 6}, None),
    "cyclegan-resnet": (RESNET | {"settings": {"blocks": 3} | TUTORIAL, "steps": 2}, PROMISE),
}


@pytest.mark.parametrize("case", CASES)
def test_a_step_beside_the_usual_one(benchmark, against, case):
    job, bar = CASES[case]
    found = compared(benchmark, job | {"side": "ours"}, job | {"side": "usual"})
    against(f"tensorflow: {case}, 64 px", "Keras' documentation", found, bar)


@pytest.mark.parametrize(
    ("model", "bar"), [("dcgan", 1.0), ("cyclegan-unet", 0.95), ("cyclegan-resnet", 1.0)]
)
def test_a_step_beside_pytorch(benchmark, against, model, bar):
    job = {"side": "ours", "model": model, "profile": "small", "steps": 10}
    found = compared(benchmark, job, job | {"framework": "pytorch"})
    against(f"tensorflow: {model}, small profile, 64 px", "our PyTorch", found, bar)
