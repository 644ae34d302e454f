"""Weights of the published codes draw here what they draw there; all else is one sentence."""

import json
import os
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from ganbench import record
from ganbench.errors import InputError
from ganbench.jobs import ImportJob
from ganbench.trained import import_weights, load_model, trained_run
from ganzoo.pytorch.exchange import pth

from ...ganzoo import official_networks as official
from ...ganzoo.official_networks import at_random
from ..conftest import do_here

CASES = {
    "resnet": ("cyclegan-resnet", lambda: official.ResNet(8, 6), 128),
    "resnet of 9": ("cyclegan-resnet", lambda: official.ResNet(4, 9), 256),
    "resnet, batch": ("cyclegan-resnet", lambda: official.ResNet(8, 2, "batch"), 128),
    "resnet, dropout": ("cyclegan-resnet", lambda: official.ResNet(8, 2, dropout=True), 128),
    "unet": ("cyclegan-unet", lambda: official.UNet(4, 7), 128),
    "unet of 8, instance": ("cyclegan-unet", lambda: official.UNet(4, 8, "instance"), 256),
    "dcgan": ("dcgan", lambda: official.DCGAN(30, 8), 64),
    "dcgan of 128 px": ("dcgan", lambda: official.DCGAN(100, 4, 5), 128),
}


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path):
    """Import in this process, which has torch already."""
    monkeypatch.chdir(tmp_path)
    module = "ganbench.trained.import_weights"
    do_here(monkeypatch, module, ImportJob, import_weights.work)


@pytest.fixture
def into(tmp_path):
    """Import a file of what is saved; gives what was made and the run as it is found again."""

    def bring(saved, model, **options):
        path = tmp_path / "latest_net_G_A.pth"
        if saved is None:
            path.write_text("import os\n")
        else:
            torch.save(saved, path)
        done = import_weights.bring_in(path, model, tmp_path / "results", **options)
        return done, trained_run.find(str(done.place))

    return bring


def theirs(network, model, sources):
    """What the network draws as its own code lets it: batch norm of a translator by the picture."""
    for part in network.modules():  # their test.py: dropout is off in what was trained without
        part.train(isinstance(part, nn.BatchNorm2d) and model != "dcgan")
    with torch.no_grad():
        return torch.cat([network(source[None]) for source in sources])


@pytest.mark.parametrize("case", CASES)
def test_it_draws_what_the_published_network_draws(into, case):
    model, make, size = CASES[case]
    network = at_random(make(), std=0.2 if model == "dcgan" else 0.02)
    done, run = into(network.state_dict(), model)
    assert (done.size, run.record.size) == (size, size)
    if model == "cyclegan-resnet":
        size = 32  # of any size it is the same network, and this is faster
    trainer: Any = load_model.load(run.model(device="cpu"))
    random = np.random.default_rng(0)
    if model == "dcgan":
        given = random.standard_normal((2, trainer.settings.latent), dtype=np.float32)
        sources = torch.from_numpy(given)[..., None, None]
    else:
        given = random.integers(0, 256, (2, size, size, 3), np.uint8)
        (sources,) = trainer.tensors(given)
    expected = theirs(network, model, sources)
    assert expected.std() > 0.05  # not blank
    trainer.G.eval()
    with torch.no_grad():
        made = torch.cat([trainer.G(*trainer.tensors(given[i : i + 1])) for i in range(2)])
    trainer.double()  # where two orders of the same sums round alike
    exact = theirs(network.double(), model, trainer.tensors(given)[0].view_as(sources))
    rounding = float((expected - exact).abs().max())  # of their own, in fp32
    assert float((made - expected).abs().max()) <= max(1e-6, 2 * rounding) < 1e-5
    with torch.no_grad():
        made = torch.cat([trainer.G(*trainer.tensors(given[i : i + 1])) for i in range(2)])
    assert float((made - exact).abs().max()) <= 1e-9
    levels = (exact.float() * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
    assert (trainer.generate(given) == levels.permute(0, 2, 3, 1).numpy()).all()
    count = sum(p.numel() for p in network.parameters())
    assert done.parameters == {"G": count} == run.record.cost.parameters


def test_the_papers_networks_have_the_papers_counts(into):
    done, _ = into(official.ResNet().state_dict(), "cyclegan-resnet")
    assert done.parameters == {"G": 11_378_179} and done.changed == {}


def test_it_is_a_run_that_nobody_trained_here(into, tmp_path):
    done, run = into(at_random(official.ResNet(4, 2)).state_dict(), "cyclegan-resnet", name="mine")
    assert done.place == tmp_path / "results" / "imported" / "mine"
    read = record.read(done.place)
    assert read.status == record.Status("imported") and read.status.used_all
    assert read.used == record.Used() and read.cost.pictures_per_second is None
    assert read.imported["file"] == "latest_net_G_A.pth" and len(read.imported["sha256"]) == 64
    assert not run.has_back and "back" in done.notes[-1]
    with pytest.raises(InputError, match="there already"):
        into(official.ResNet(4, 2).state_dict(), "cyclegan-resnet", name="mine")


def test_the_way_back_becomes_f(into, tmp_path):
    there, back = (at_random(official.ResNet(4, 2), seed) for seed in (1, 2))
    torch.save(back.state_dict(), tmp_path / "back.pth")
    done, run = into(there.state_dict(), "cyclegan-resnet", back=tmp_path / "back.pth")
    trainer: Any = load_model.load(run.model(device="cpu"))
    for network, own in ((there, trainer.G), (back, trainer.F)):
        assert torch.equal(own.layers[1].weight, network.model[1].weight)
    assert run.has_back and done.notes == ()
    torch.save(official.ResNet(4, 3).state_dict(), tmp_path / "back.pth")
    with pytest.raises(InputError, match="another network"):
        into(there.state_dict(), "cyclegan-resnet", back=tmp_path / "back.pth", name="x")


def test_prefixes_and_statistics_of_old_files_are_passed_over(into):
    network = at_random(official.ResNet(4, 2))
    state = {f"module.{name}": value for name, value in network.state_dict().items()}
    for place in ("model.2", "model.10.conv_block.2"):
        width = 4 if place == "model.2" else 16
        state |= {f"module.{place}.running_mean": torch.ones(width)}
        state |= {f"module.{place}.running_var": torch.ones(width)}
        state |= {f"module.{place}.num_batches_tracked": torch.tensor(3)}
    _, run = into(state, "cyclegan-resnet")
    trainer: Any = load_model.load(run.model(device="cpu"))
    assert torch.equal(trainer.G.layers[1].weight, network.model[1].weight)


class Code:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch was-here; exit 1",)


def nan(state):
    return {name: torch.full_like(value, float("nan")) for name, value in state.items()}


RESNET = official.ResNet(4, 2)
WRONG = {
    "code": (Code(), "cyclegan-resnet", "code"),
    "whole module": (RESNET, "cyclegan-resnet", "code"),
    "discriminator": (
        official.patch_discriminator().state_dict(), "cyclegan-resnet", "discriminator",
    ),
    "another network": (nn.Linear(3, 4).state_dict(), "dcgan", "weight is no weight of one"),
    "wrong as": (RESNET.state_dict(), "cyclegan-unet", "it is a cyclegan-resnet generator"),
    "deeper": ({"state_dict": RESNET.state_dict(), "epoch": 3}, "cyclegan-resnet", "lie deeper"),
    "a number": ({"epoch": 3}, "dcgan", "not weights"),
    "a list": ([torch.ones(3)], "dcgan", "not weights by name"),
    "text": (None, "dcgan", r"it is cut or no file of torch\.save"),
    "nothing": ({}, "dcgan", "not weights by name"),
    "one missing": (
        {k: v for k, v in RESNET.state_dict().items() if k != "model.11.conv_block.5.bias"},
        "cyclegan-resnet", r"model\.11\.conv_block\.5\.bias is missing",
    ),
    "one left over": (RESNET.state_dict() | {"model.99.bias": torch.ones(1)},
        "cyclegan-resnet", r"model\.99\.bias is left over"),
    "grey": (
        RESNET.state_dict() | {"model.1.weight": torch.ones(4, 1, 7, 7)},
        "cyclegan-resnet", r"\(4, 1, 7, 7\) where \(4, 3, 7, 7\)",
    ),
    "not finite": (nan(RESNET.state_dict()), "cyclegan-resnet", "not finite"),
    "a tiny tensor that claims to be huge": (
        RESNET.state_dict() | {"model.1.weight": torch.ones(1).expand(10**12)},
        "cyclegan-resnet", "claims more numbers",
    ),
    "sparse": ({"main.0.weight": torch.ones(3, 3).to_sparse()}, "dcgan", "no plain tensor"),
    "no axes": (RESNET.state_dict() | {"model.1.weight": torch.ones(())}, "cyclegan-resnet",
        "should have 4 axes"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_such_generator_is_one_sentence_and_nothing_is_written(into, tmp_path, case):
    saved, model, words = WRONG[case]
    with pytest.raises(InputError, match=words) as error:
        into(saved, model)
    assert str(error.value).startswith(str(tmp_path / "latest_net_G_A.pth"))
    assert "\n" not in str(error.value) and len(str(error.value)) < 400
    assert not (tmp_path / "results" / "imported").exists() or not any(
        (tmp_path / "results" / "imported").iterdir()
    )
    assert not (tmp_path / "was-here").exists()


def test_old_files_with_code_are_not_run_either(tmp_path):
    path = tmp_path / "old.pth"
    path.write_bytes(pickle.dumps(Code()))
    with pytest.raises(InputError, match=r"old\.pth: it holds code|old\.pth: it is cut"):
        import_weights.bring_in(path, "dcgan", tmp_path)
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize("keep", [0, 10, 1000, 20_000])
def test_a_cut_file_is_one_sentence(tmp_path, keep):
    path = tmp_path / "cut.pth"
    torch.save(RESNET.state_dict(), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"cut\.pth: it is cut or no file"):
        import_weights.bring_in(path, "cyclegan-resnet", tmp_path)


def test_a_zip_that_would_unpack_to_gigabytes_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(pth, "LARGEST", 2**25)
    path = tmp_path / "bomb.pth"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("archive/data/0", "w", force_zip64=True) as entry,
    ):
        for _ in range(33):
            entry.write(bytes(2**20))
    assert path.stat().st_size < 2**17
    with pytest.raises(InputError, match="larger than 33,554,432 bytes, unpacked"):
        import_weights.bring_in(path, "dcgan", tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "pix2pix"}, "no import as"),
        ({"size": 100}, "needs a size|cannot draw|divisible"),
        ({"name": "../x"}, "no name of one folder"),
        ({"name": ""}, None),
        ({"framework": "jax"}, "does not come in jax"),
    ],
)
def test_bad_options_are_one_sentence(tmp_path, options, words):
    path = tmp_path / "g.pth"
    torch.save(official.UNet(4, 7).state_dict(), path)
    given = {"file": path, "model": "cyclegan-unet", "results": tmp_path / "r"} | options
    if words is None:
        assert import_weights.bring_in(**given).place.is_dir()
        return
    with pytest.raises(ValueError, match=words):
        import_weights.bring_in(**given)


@pytest.mark.parametrize("place", ["none.pth", ".", "a\0b"])
def test_what_is_no_file_is_one_sentence(tmp_path, place):
    with pytest.raises(InputError):
        import_weights.bring_in(tmp_path / place, "dcgan", tmp_path)


def test_the_command_says_what_it_is_and_where(ganbench, tmp_path):
    path, results = tmp_path / "netG_epoch_24.pth", tmp_path / "results"
    torch.save(at_random(official.DCGAN(16, 4)).state_dict(), path)
    code, out, err = ganbench("import", path, "--as", "dcgan", "--results", results)
    assert code == 0 and "width=4" in out and "latent=16" in out and "running statistics" in err
    place = out.splitlines()[-1]
    assert trained_run.find(place).name.startswith("dcgan.pytorch-netG_epoch_24-")
    code, out, _ = ganbench("import", path, "--as", "dcgan", "--results", results,
                            "--name", "again", "--json")  # fmt: skip
    told = json.loads(out)
    assert code == 0 and told["size"] == 64 and told["place"].endswith("again")
    code, out, err = ganbench("import", path, "--as", "cyclegan-unet", "--results", results)
    assert (code, out) == (2, "") and "--as dcgan takes it" in err
