"""A model that was trained elsewhere is judged beside a suite's, and never called its winner."""

import numpy as np
import pytest
import torch

from ganbench import record
from ganbench.jobs import BesideJob, ImportJob
from ganbench.trained import beside, import_weights

from ...ganzoo import official_networks as official
from ...ganzoo.official_networks import at_random
from ..conftest import do_here


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Work in this process, which has torch already."""
    do_here(monkeypatch, "ganbench.trained.beside", BesideJob, beside.work)
    do_here(monkeypatch, "ganbench.trained.import_weights", ImportJob, import_weights.work)


@pytest.fixture
def theirs(tmp_path):
    """An imported run of 32 px."""
    path = tmp_path / "latest_net_G_A.pth"
    torch.save(at_random(official.ResNet(4, 1)).state_dict(), path)
    model = "cyclegan-resnet"
    return import_weights.bring_in(path, model, tmp_path / "r", "theirs", 32).place


def test_it_draws_the_suites_probes_is_scored_and_has_a_row(
    ganbench, theirs, two_domains, tmp_path
):
    asked = ("--models", "cyclegan-unet:width=4,depth=3,d_width=4", "--data", two_domains)
    asked += ("--size", 32, "--budget", "1step", "--samples", 4, "--metrics", "fwd,cycle_error")
    asked += ("--snapshots", 1, "--frames", 2, "--threads", 1, "--name", "s", "--device", "cpu")
    results = tmp_path / "r"
    code, out, _ = ganbench("run", *asked, "--results", results, "--beside", theirs)
    assert code == 0 and "theirs (imported): judged, not trained" in out
    (place,) = (results / "s").glob("beside-theirs-*")
    read = record.read(place)
    assert read.status.name == "imported" and read.used == record.Used()
    assert read.scores["fwd"].value is not None and read.scores["fwd"].count == 4
    assert "back" not in read.views and not (place / "views" / "back.npy").exists()
    assert read.imported["file"] == "latest_net_G_A.pth"
    (own,) = (results / "s").glob("cyclegan-unet*")
    inputs = [record.array(p, record.read(p), "views/input.npy") for p in (place, own)]
    assert np.array_equal(*inputs)
    page = (results / "report.html").read_text()
    assert "theirs (imported)" in page and "under no budget of this suite" in page
    before = (place / "record.json").stat().st_mtime_ns
    code, out, _ = ganbench("run", *asked, "--results", results, "--beside", theirs)
    assert code == 0 and (place / "record.json").stat().st_mtime_ns == before  # once is enough
    toml = results / "s" / "suite.toml"
    code, out, _ = ganbench("run", toml, "--results", results, "--dry-run")
    assert code == 0 and "judged, not trained" in out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--size", 64), "draws 32 px, and this suite is of 64"),
        (("--beside", "none"), "there is no run none"),
    ],
)
def test_what_cannot_be_judged_is_one_sentence(
    ganbench, theirs, two_domains, tmp_path, more, words
):
    asked = ("--models", "dcgan", "--data", two_domains, "--device", "cpu", "--samples", 4)
    code, _, err = ganbench(
        "run", *asked, "--size", 32, "--results", tmp_path / "n", "--beside", theirs, *more
    )
    assert code == 2 and words in err
    assert not (tmp_path / "n" / "s").exists()


def test_a_translator_beside_one_set_is_one_sentence(ganbench, theirs, two_domains, tmp_path):
    asked = ("--models", "dcgan", "--target", two_domains / "monet", "--size", 32)
    asked += ("--device", "cpu", "--samples", 4, "--results", tmp_path / "n")
    code, _, err = ganbench("run", *asked, "--beside", theirs)
    assert code == 2 and "translates photographs, and this suite has none" in err
