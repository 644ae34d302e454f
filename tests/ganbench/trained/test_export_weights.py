"""A run's generators in the files of other programs draw what the run draws."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from ganbench.errors import InputError
from ganbench.jobs import ExportJob, ImportJob
from ganbench.trained import export_weights, import_weights, load_model, trained_run

from ...ganzoo import official_networks as official
from ...ganzoo.official_networks import at_random
from ..conftest import do_here

THEIRS: dict[str, Any] = {
    "cyclegan-resnet": lambda: official.ResNet(4, 2),
    "cyclegan-unet": lambda: official.UNet(4, 5),
    "dcgan": lambda: official.DCGAN(16, 4),
}


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Work in this process, which has torch already."""
    do_here(monkeypatch, "ganbench.trained.export_weights", ExportJob, export_weights.work)
    do_here(monkeypatch, "ganbench.trained.import_weights", ImportJob, import_weights.work)


def loaded(run) -> Any:
    return load_model.load(run.model(device="cpu"))


@pytest.mark.parametrize("model", THEIRS)
def test_what_comes_from_the_published_code_goes_back_bit_for_bit(tmp_path, model):
    path, network = tmp_path / "theirs.pth", at_random(THEIRS[model](), std=0.1)
    torch.save(network.state_dict(), path)
    back = None if model == "dcgan" else path
    place = import_weights.bring_in(path, model, tmp_path, back=back).place
    done = export_weights.export(str(place), "pth", tmp_path / "out")
    names = ["netG.pth"] if model == "dcgan" else ["latest_net_G_A.pth", "latest_net_G_B.pth"]
    assert [file.name for file in done.files] == names
    again = torch.load(done.files[0], weights_only=True)
    fresh = THEIRS[model]()
    fresh.load_state_dict(again)  # strictly: every name, every shape
    batch = model == "cyclegan-unet"
    for name, value in network.state_dict().items():
        kept = "num_batches" in name or (batch and "running_" in name)
        assert kept or torch.equal(value, again[name]), name
    assert any("--eval" in note for note in done.notes) == batch


@pytest.mark.parametrize("model", THEIRS)
def test_what_was_trained_here_comes_back_bit_for_bit(made, tmp_path, model):
    plain = {"cyclegan-unet": {"width": 4, "depth": 5}}.get(model, {"width": 4})
    size = 64 if model == "dcgan" else 32
    folder = made(model, size=size, built=plain)
    done = export_weights.export(str(folder), "pth")
    assert done.files[0].parent == folder / "export"
    again = import_weights.bring_in(done.files[0], model, tmp_path, size=size).place
    one, other = (loaded(trained_run.find(str(place))).G for place in (folder, again))
    for (name, value), kept in zip(
        one.state_dict().items(), other.state_dict().values(), strict=True
    ):
        assert torch.equal(value, kept), name


def test_what_the_published_code_has_not_keeps_our_names(made):
    folder = made("cyclegan-resnet", built={"width": 4, "blocks": 1, "norm": "group"})
    done = export_weights.export(str(folder), "pth")
    assert [file.name for file in done.files] == ["G.pth", "F.pth"]
    assert any("norm=group" in note for note in done.notes)
    assert "layers.1.weight" in torch.load(done.files[0], weights_only=True)


def test_safetensors_say_what_the_network_is(made):
    folder = made("cyclegan-unet")
    done = export_weights.export(str(folder), "safetensors")
    with safe_open(done.files[0], "np") as file:
        told = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    own = loaded(trained_run.find(str(folder))).G.state_dict()
    assert arrays.keys() == own.keys()
    assert all(np.array_equal(arrays[name], own[name].numpy()) for name in own)
    assert told["model"] == "cyclegan-unet" and json.loads(told["settings"])["width"] == 4
    assert told["input"] == "float32 N 3 32 32, RGB in [-1, 1]"


def test_the_average_is_what_is_exported_unless_the_raw_weights_are_asked_for(made, tmp_path):
    folder = made("dcgan", built={"width": 4, "ema": 0.9}, steps=2)
    trainer = loaded(trained_run.find(str(folder)))
    found = []
    for raw, network in ((False, trainer.averages["G"]), (True, trainer.networks["G"])):
        done = export_weights.export(str(folder), "safetensors", tmp_path / str(raw), raw)
        with safe_open(done.files[0], "pt") as file:
            found.append(file.get_tensor("layers.0.weight"))
        assert torch.equal(found[-1], network.state_dict()["layers.0.weight"])
    assert not torch.equal(*found)


ONNX = {
    "dcgan": {},
    "cyclegan-resnet": {},
    "cyclegan-unet": {},
    "cyclegan-unet:norm=group,residual,upsample=bilinear,canvas=2": {
        "norm": "group", "residual": True, "upsample": "bilinear", "canvas": 2,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "label",
    [
        pytest.param(
            label, marks=[pytest.mark.slow] * (label == "cyclegan-unet" or "resnet" in label)
        )
        for label in ONNX
    ],
)
def test_onnxruntime_draws_what_we_draw_whatever_the_batch(made, label):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = label.partition(":")[0]
    folder = made(model, built=SMALL[model] | ONNX[label])
    done = export_weights.export(str(folder), "onnx")
    assert done.reader == "onnxruntime" and done.largest <= 1e-4
    trainer = loaded(trained_run.find(str(folder)))
    session = onnxruntime.InferenceSession(done.files[0])
    random = np.random.default_rng(1)
    if model == "dcgan":
        given = random.standard_normal((5, 100), dtype=np.float32)
    else:
        given = random.integers(0, 256, (5, 32, 32, 3), np.uint8)
    (made_,) = session.run(None, {"input": trainer.tensors(given)[0].numpy()})
    levels = np.clip(np.round(made_ * 127.5 + 127.5), 0, 255).transpose(0, 2, 3, 1)
    assert np.abs(levels - trainer.generate(given)).max() <= 1
    assert trainer.generate(given).std() > 1
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["size"]) == 32 and told["model"] == model


SMALL = {
    "dcgan": {"width": 4, "init_std": 0.2},
    "cyclegan-unet": {"width": 4, "depth": 3, "init_std": 0.1},
    "cyclegan-resnet": {"width": 4, "blocks": 1, "init_std": 0.1},
}


TINY = Path(__file__).parents[3] / "examples" / "tiny_gan.py"
FOLLOWED = (
    "        with torch.no_grad():\n            self.{0}.get('G')[0].weight += 1\n        return {{"
)


@pytest.mark.parametrize("kept", ["averages", "shadows"])
def test_a_plugin_s_graph_is_of_what_it_draws_with_or_none(made, tmp_path, kept):
    pytest.importorskip("onnxruntime")
    text = TINY.read_text().replace(
        "self.optimizers = {",
        f"import copy; self.{kept} = {{'G': copy.deepcopy(self.networks['G'])}}\n"
        "        self.optimizers = {",
    )
    text = text.replace("        return {", FOLLOWED.format(kept))
    file = tmp_path / "own_gan.py"
    file.write_text(text.replace('draw(self.networks["G"]', f"draw(self.{kept}['G']"))
    folder = made("own-gan", plugins=(file,), size=16, built={"batch": 2}, steps=1)
    if kept == "averages":
        done = export_weights.export(str(folder), "onnx", plugin_files=(file,))
        assert done.reader == "onnxruntime" and done.largest <= 1e-4
        return
    with pytest.raises(InputError, match="draws is not what its network G draws") as error:
        export_weights.export(str(folder), "onnx", plugin_files=(file,))
    assert "averages" in error.value.hint
    assert export_weights.export(str(folder), "onnx", None, True, (file,)).files


def test_a_package_that_is_missing_says_what_to_type(made, monkeypatch):
    folder = made("dcgan")
    find = importlib.util.find_spec
    there = {"onnx": None}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: there[name] if name in there else find(name)
    )
    with pytest.raises(InputError, match="needs onnx") as error:
        export_weights.export(str(folder), "onnx")
    assert error.value.hint == 'pip install "ganbench[onnx]"'


def test_nothing_is_written_over(made):
    folder = made("dcgan")
    export_weights.export(str(folder), "safetensors")
    with pytest.raises(InputError, match="there already"):
        export_weights.export(str(folder), "safetensors")


def test_the_command_says_where_and_refuses_what_it_does_not_know(made, ganbench, tmp_path):
    folder = made("cyclegan-resnet")
    code, out, _ = ganbench("export", folder, "--to", "safetensors", "--out", tmp_path / "o")
    assert code == 0 and out.splitlines()[-1].endswith("F.safetensors")
    code, out, _ = ganbench("export", folder, "--to", "pth", "--json", "--out", tmp_path / "o")
    assert code == 0 and len(json.loads(out)["files"]) == 2
    code, out, err = ganbench("export", folder, "--to", "caffe")
    assert (code, out) == (2, "") and "safetensors" in err
    code, out, err = ganbench("export", tmp_path / "none", "--to", "pth")
    assert (code, out) == (2, "") and "there is no run" in err
