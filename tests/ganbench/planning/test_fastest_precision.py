"""precision=auto becomes the faster one: for every run of a model the same, and never recorded."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ganbench.errors import InputError
from ganbench.planning import fastest_precision, inspect_models, plan
from ganbench.planning.suite import Suite, require_same_precision
from ganbench.system import frameworks
from ganzoo import registry, settings
from ganzoo.errors import InputError as ModelError
from ganzoo.trainer import Task

DCGAN = registry.load(registry.select("dcgan")[0])
OPEN = settings.resolve(DCGAN.Settings, "dcgan", {"width": 4, "batch": 2, "precision": "auto"})


@pytest.fixture
def taking(monkeypatch, tmp_path):
    """Steps that take so many seconds, and how often one was taken."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(frameworks, "torch_knows_bf16", lambda: True)
    taken: list[str] = []

    def take(**seconds):
        def one(self, precision):
            taken.append(precision)
            return seconds[precision]

        monkeypatch.setattr(fastest_precision._Steps, "seconds", one)
        return taken

    return take


def settled(given=OPEN, device="cpu", code="1", size=32):
    return fastest_precision.settled(DCGAN, given, size, device, code)


@pytest.mark.parametrize(("bf16", "precision"), [(0.5, "bf16"), (1.0, "fp32"), (2.0, "fp32")])
def test_the_faster_one_is_taken_and_nothing_else_changed(taking, bf16, precision):
    taking(fp32=1.0, bf16=bf16)
    assert settled() == replace(OPEN, precision=precision)


def test_it_is_found_out_once_for_a_model_on_a_machine(taking):
    taken = taking(fp32=1.0, bf16=0.5)
    settled()
    count = len(taken)
    taking(fp32=0.5, bf16=1.0)
    assert settled().precision == "bf16" and len(taken) == count
    assert settled(code="2").precision == "fp32"  # another model
    assert settled(size=64).precision == "fp32"


def test_it_is_found_out_for_each_number_of_threads(taking, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    taking(fp32=0.5, bf16=1.0)
    assert settled().precision == "fp32"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    taking(fp32=1.0, bf16=0.5)
    assert settled().precision == "bf16"


@pytest.mark.parametrize("damaged", ["", "{", '{"precision": "fp8"}'])
def test_a_damaged_note_is_made_anew(taking, tmp_path, damaged):
    taking(fp32=1.0, bf16=0.5)
    settled()
    (note,) = (tmp_path / "precision").iterdir()
    note.write_text(damaged)
    taken = taking(fp32=0.5, bf16=1.0)
    assert settled().precision == "fp32" and taken


def test_nothing_is_tried_where_nothing_is_open(taking, monkeypatch):
    taken = taking(fp32=1.0, bf16=0.5)
    assert settled(replace(OPEN, precision="fp32")).precision == "fp32"
    assert settled(device="cuda").precision == "tf32"
    monkeypatch.setattr(frameworks, "torch_knows_bf16", lambda: False)
    assert settled().precision == "fp32"
    assert not taken


@pytest.mark.parametrize(("name", "judge"), [("dcgan", "D"), ("cyclegan-unet", "D_Y")])
def test_real_steps_can_be_timed_in_both(name, judge):
    kind = registry.load(registry.select(name)[0])
    small = settings.resolve(kind.Settings, name, {"width": 4, "batch": 2}, "small")
    steps = fastest_precision._Steps(kind, small, 32)
    assert all(steps.seconds(precision) > 0 for precision in fastest_precision.PRECISIONS)
    for precision, kind_of_number in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        logits = steps.trainers[precision].networks[judge](torch.zeros(2, 3, 32, 32))
        assert logits.dtype == kind_of_number


def test_a_plan_names_what_was_found(taking, two_domains, tmp_path):
    models, data = ("dcgan:width=4,precision=auto",), str(two_domains)
    made = plan.make(
        Suite(models=models, data=data, size=32, budget="1step", seeds=(0, 1), samples=8),
        tmp_path / "results",
        lambda *_: None,
    )
    (found,) = {planned.run.settings["precision"] for planned in made.runs}
    assert found in fastest_precision.PRECISIONS


def test_shards_which_could_find_otherwise_are_refused():
    suite = Suite(models=("dcgan", "cyclegan-unet:precision=auto"))
    with pytest.raises(InputError, match="shards could find otherwise") as caught:
        require_same_precision(suite)
    assert "cyclegan-unet:precision=bf16" in caught.value.hint
    require_same_precision(Suite(models=("dcgan:precision=bf16",)))


def test_nobody_trains_in_a_precision_that_is_open():
    with pytest.raises(ModelError, match="precision=auto is for"):
        DCGAN(OPEN, Task(32))


@pytest.mark.parametrize(("device", "bad"), [("cpu", True), ("mps", True), ("cuda:1", False)])
def test_tf32_is_of_nvidia_gpus(device, bad):
    asked = replace(OPEN, precision="tf32")
    if not bad:
        assert settled(asked, device) == asked
        return
    with pytest.raises(ModelError, match=f"NVIDIA GPUs, and not of {device}") as caught:
        settled(asked, device)
    assert caught.value.hint == "precision=fp32"


def test_a_plugin_without_the_setting_is_given_none():
    example = Path(__file__).parents[3] / "examples" / "replayed_gan.py"
    (model,) = registry.select("replayed-gan", (example,))
    described = inspect_models._describe(model, {}, Suite(size=32), "cuda", None)
    assert "precision" not in described.settings


def test_a_gpu_has_tf32_where_nothing_is_named():
    model = registry.select("dcgan")[0]
    suite = Suite(size=32, profile="small")

    def chosen(device, **named):
        described = inspect_models._describe(model, {"width": 4} | named, suite, device, None)
        return described.settings["precision"]

    assert chosen("cpu") == chosen("cuda", precision="fp32") == "fp32"
    assert chosen("cuda") == chosen("cuda:1", precision="auto") == "tf32"
    assert chosen("cuda", precision="bf16") == "bf16"
