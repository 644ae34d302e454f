"""Frameworks that do not start with what the environment tells them."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ganbench.errors import InputError
from ganbench.system import frameworks

ROOT = Path(__file__).parents[3]
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
import json, warnings, torch
from ganbench.system import frameworks
torch.cuda.set_device, torch.cuda.get_device_name = range, lambda device: "a GPU"
told = "precision", "deterministic", "irreproducible"
for precision, deterministic in (("fp32", 0), ("tf32", 0), ("bf16", 0), ("tf32", 1)):
    frameworks.prepare("pytorch", None, "cuda", precision, bool(deterministic))
    warnings.warn("reflection_backward_cuda does not have a deterministic implementation, but")
    facts = frameworks.facts("pytorch", "cuda", precision)
    print(json.dumps([facts.get(name) for name in told]))
"""


def test_a_gpu_is_told_of_precision_and_kernels_and_a_record_says_which() -> None:
    command = [sys.executable, "-P", "-W", "always", "-c", KERNELS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    tf32 = "fp32, convolutions and products in TF32"
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        ["fp32", False, None],
        [tf32, False, None],
        ["bf16, weights and losses in fp32", False, None],
        [tf32, False, ["reflection_backward_cuda"]],
    ]
    assert done.stderr.count("UserWarning: reflection_backward_cuda") == 3


THREADS = """
import json, sys
from ganbench.system import frameworks
frameworks.prepare("tensorflow", json.loads(sys.argv[1]), "cpu", narrow=json.loads(sys.argv[2]))
import tensorflow as tf
told = tf.config.threading
both = told.get_intra_op_parallelism_threads(), told.get_inter_op_parallelism_threads()
print(json.dumps([*both, frameworks.facts("tensorflow", "cpu", "fp32")["threads"]]))
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("threads", "narrow", "expected"),
    [(4, True, [2, 2, 4]), (4, False, [4, 1, 4]), (1, True, [1, 1, 1])],
)
def test_a_narrow_model_has_two_operations_at_a_time(threads, narrow, expected) -> None:
    pytest.importorskip("keras")
    command = [sys.executable, "-P", "-c", THREADS, json.dumps(threads), json.dumps(narrow)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == expected


@pytest.mark.parametrize(
    ("here", "told"),
    [
        ((3, 13, 1), 'pip install "ganbench[tensorflow]"'),
        ((3, 14, 0), "no release for Python 3.14: make an environment of Python 3.13"),
    ],
)
def test_a_python_that_is_too_new_for_a_framework_is_told(monkeypatch, here, told):
    monkeypatch.setattr(sys, "version_info", here)
    monkeypatch.setitem(frameworks._MODULES, "tensorflow", "no_such_module")
    with pytest.raises(InputError, match="tensorflow is not installed") as caught:
        frameworks.require("tensorflow")
    assert told in caught.value.hint
    assert frameworks.install("pytorch") == "pip install ganbench"


def test_a_framework_is_asked_for_up_to_the_newest_python_that_it_has():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for each in map(Requirement, project["optional-dependencies"]["tensorflow"]):
        for minor in range(11, 18):
            asked = each.marker.evaluate({"python_version": f"3.{minor}"})
            assert asked == ((3, minor) <= frameworks.NEWEST_PYTHON["tensorflow"])
