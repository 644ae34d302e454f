"""Frameworks that do not start with what the environment tells them."""

import json
import os
import subprocess
import sys

import pytest

from ganbench.errors import InputError
from ganbench.system import frameworks

FUSSY = "import os; os.environ['TORCH_LOGS'] == 'good' or os.abort()"


@pytest.fixture
def fussy(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch whose process ends by a signal unless TORCH_LOGS is good."""
    monkeypatch.setitem(frameworks._FIRST_USE, "pytorch", FUSSY)
    for name in frameworks._FATAL["pytorch"]:
        monkeypatch.delenv(name, raising=False)
    frameworks._starts.cache_clear()


@pytest.mark.usefixtures("fussy")
def test_a_variable_that_ends_a_framework_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_LOGS", "ba\x1bd")
    with pytest.raises(InputError, match="pytorch does not start with TORCH_LOGS=ba_d") as caught:
        frameworks.require("pytorch")
    assert caught.value.hint == "unset TORCH_LOGS"
    with pytest.raises(InputError, match="does not start"):
        frameworks.choose_device("pytorch", "cpu")
    monkeypatch.setenv("TORCH_LOGS", "good")
    frameworks.require("pytorch")


@pytest.mark.usefixtures("fussy")
def test_nothing_is_tried_where_no_such_variable_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    frameworks.require("pytorch")


@pytest.mark.slow
def test_pytorch_really_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_LOGS", "garbage")
    frameworks._starts.cache_clear()
    with pytest.raises(InputError, match="pytorch does not start"):
        frameworks.require("pytorch")


@pytest.mark.tensorflow
def test_keras_is_the_one_of_tensorflow_whatever_is_wanted() -> None:
    pytest.importorskip("keras")
    wanted = {"KERAS_BACKEND": "torch", "TF_USE_LEGACY_KERAS": "1"}
    code = "from ganbench.system import frameworks; frameworks.prepare('tensorflow')"
    done = subprocess.run([sys.executable, "-P", "-c", code], env=os.environ | wanted)
    assert done.returncode == 0


KERNELS = """
import json, sys, warnings, torch
from ganbench.system import frameworks
torch.cuda.set_device, torch.cuda.get_device_name = range, lambda device: "a GPU"
frameworks.prepare("pytorch", None, "cuda", sys.argv[1], sys.argv[2] == "yes")
warnings.warn("reflection_pad2d_backward_cuda does not have a deterministic implementation, but")
facts = frameworks.facts("pytorch", "cuda", sys.argv[1])
told = "precision", "deterministic", "irreproducible"
print(json.dumps({name: facts.get(name) for name in told}))
"""


@pytest.mark.parametrize(
    ("precision", "said"),
    [
        ("fp32", "fp32"),
        ("tf32", "fp32, convolutions and products in TF32"),
        ("bf16", "bf16, weights and losses in fp32"),
    ],
)
@pytest.mark.parametrize("deterministic", [False, True])
def test_a_gpu_is_told_of_precision_and_kernels_and_a_record_says_which(
    precision, said, deterministic
):
    command = [sys.executable, "-P", "-c", KERNELS, precision, "yes" if deterministic else "no"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "precision": said,
        "deterministic": False,
        "irreproducible": ["reflection_pad2d_backward_cuda"] if deterministic else None,
    }
    assert ("reflection_pad2d" in done.stderr) != deterministic
