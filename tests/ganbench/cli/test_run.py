"""The options of `ganbench run`, and what it costs to ask for them."""

import inspect
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from ganbench import record
from ganbench.cli.run import _of_gpus, run
from ganbench.planning.suite import Suite, overlay

FILE_ONLY = {"curve_samples"}  # set in a suite file, not typed
OF_THE_COMMAND = {
    *("context", "suite_file", "suite"),
    *("inception_weights", "results", "force", "extend", "until", "shard", "dry_run", "gpus"),
    *("save_every", "on", "partition", "detach"),
}


def test_every_field_of_a_suite_has_an_option_and_every_option_a_use():
    options = inspect.signature(run).parameters.keys() - OF_THE_COMMAND
    assert options == {f.name for f in fields(Suite)} - FILE_ONLY


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--gpus 2 --device cpu", "--gpus N is --device cuda --ranks N"),
        ("--gpus 2 --ranks 3", "--gpus N is --device cuda --ranks N"),
        ("--ranks 0", "ranks must be at least 1, not 0"),
        ("--ranks 2 --frameworks tensorflow", "several ranks train PyTorch's models only"),
        ("--ranks 2 --device cpu", "batch=1 cannot be cut into 2 equal parts"),
    ],
)
def test_ranks_that_cannot_be_are_one_sentence(ganbench, two_domains, tmp_path, typed, words):
    asked = ("--data", two_domains, "--dry-run", "--results", tmp_path / "r", "--size", "32")
    code, _, err = ganbench("run", "--models", "cyclegan-resnet", *asked, *typed.split())
    assert code == 2
    assert words in " ".join(err.split())
    assert "Traceback" not in err


def test_gpus_are_ranks_on_cuda():
    assert _of_gpus(2, None, None) == {"device": "cuda", "ranks": 2}
    assert _of_gpus(2, "cuda", 2) == {"device": "cuda", "ranks": 2}
    assert _of_gpus(None, "cpu", 3) == {}


def by_torchrun(monkeypatch, rank, count=2, here=2):
    told = {"TORCHELASTIC_RUN_ID": "none", "RANK": rank, "WORLD_SIZE": count}
    for name, value in {**told, "LOCAL_WORLD_SIZE": here}.items():
        monkeypatch.setenv(name, str(value))


def test_under_torchrun_one_process_plans_as_with_ranks_and_the_others_end(
    ganbench, two_domains, tmp_path, monkeypatch
):
    asked = ("--data", two_domains, "--dry-run", "--results", tmp_path / "r", "--size", "32")
    asked += ("--models", "dcgan", "--device", "cpu", "--samples", "4")

    def planned(*more):
        code, out, err = ganbench("run", *asked, *more)
        return code, re.sub(r"\S+ GiB free", "", out), err  # which others use up meanwhile

    with_ranks = planned("--ranks", "2")
    by_torchrun(monkeypatch, 0)
    assert planned() == with_ranks and "2 ranks a run" in with_ranks[1]
    assert planned("--ranks", "2") == with_ranks
    code, _, err = ganbench("run", *asked, "--ranks", "3")
    assert code == 2 and "torchrun has started 2 processes, and 3 ranks" in " ".join(err.split())
    by_torchrun(monkeypatch, 1)
    assert ganbench("run", *asked) == (
        *(0, "", "process 1 of torchrun: process 0 carries the command out\n"),
    )
    by_torchrun(monkeypatch, 0, 4)
    code, _, err = ganbench("run", *asked)
    assert code == 2 and "on several machines" in err and "Traceback" not in err
    by_torchrun(monkeypatch, 0, 1, 1)
    assert "ranks a run" not in ganbench("run", *asked)[1]
    assert not (tmp_path / "r").exists()


@pytest.mark.slow
def test_torchrun_trains_what_ranks_train(two_domains, tmp_path):
    asked = ("--data", two_domains, "--size", "32", "--models", "dcgan:width=4,latent=8,batch=4")
    asked += ("--samples", "4", "--budget", "3step", "--device", "cpu", "--threads", "1")
    asked += ("--name", "s", "--metrics", "fwd", "--results", tmp_path)
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    words = list(map(str, (*torchrun, "-m", "ganbench", "run", *asked)))
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob("s/*/record.json")
    run, before = record.read(path.parent), path.read_bytes()
    assert (run.status.name, run.environment["ranks"]) == ("done", 2)
    again = shlex.split(record.read_suite(tmp_path / "s")["command"])
    assert again[-2:] == ["--ranks", "2"]
    subprocess.run([sys.executable, "-m", *again], check=True, cwd=tmp_path)
    assert list(tmp_path.glob("s/*/record.json")) == [path] and path.read_bytes() == before


def test_the_plan_says_how_many_ranks_and_what_batch_norm_sees(ganbench, two_domains, tmp_path):
    asked = ("--data", two_domains, "--dry-run", "--results", tmp_path / "r", "--size", "32")
    asked += ("--models", "dcgan", "--device", "cpu", "--ranks", "2", "--samples", "4")
    by_rank, of_all = ganbench("run", *asked)[1], ganbench("run", *asked, "--sync-batchnorm")[1]
    assert "cpu, 2 ranks a run: batch norm by each rank's own pictures" in by_rank
    assert "cpu, 2 ranks a run: batch norm, if any, by the whole batch" in of_all


def test_what_is_not_typed_leaves_the_suite_as_it_is():
    suite = Suite(models=("dcgan",), seeds=(3,), source="a", target="b")
    assert overlay(suite, {"seeds": None, "results": "elsewhere"}) == suite
    assert overlay(suite, {"seeds": "1, 2"}).seeds == (1, 2)


def test_plugins_that_a_file_names_stay_where_none_is_typed(ganbench, tmp_path, two_domains):
    plugin = Path(__file__).parents[1] / "light" / "toy_gan.py"
    file = tmp_path / "suite.toml"
    file.write_text(f"plugins = [{str(plugin)!r}]\nmodels = ['toy-gan']\nsize = 32\nsamples = 4\n")
    asked = ("--data", two_domains, "--dry-run", "--results", tmp_path / "r")
    code, out, err = ganbench("run", file, *asked, "--device", "cpu")
    assert (code, err) == (0, "") and "toy-gan" in out


def test_data_in_one_place_takes_the_place_of_two_and_the_other_way_round():
    two = overlay(Suite(data="both"), {"source": "a"})
    assert (two.data, two.source) == (None, "a")
    one = overlay(Suite(source="a", target="b"), {"data": "both"})
    assert (one.data, one.source, one.target) == ("both", None, None)


def test_help_imports_nothing_heavy():
    code = "import sys; from ganbench.cli import main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "torch", "pydantic", "rich", "PIL"} & set(done.stdout.split())


def test_to_start_over_and_to_continue_is_refused_before_anything_is_done(ganbench, tmp_path):
    code, out, err = ganbench("run", "--force", "--extend", "--results", tmp_path / "r")
    assert (code, out) == (2, "") and "--extend continues them" in err


def test_where_nothing_can_be_extended_the_plan_is_shown_and_refused(
    ganbench, two_domains, tmp_path
):
    plugin = Path(__file__).parents[1] / "light" / "toy_gan.py"
    options = ("--data", two_domains, "--size", 32, "--samples", 4, "--device", "cpu", "--dry-run")
    options += ("--plugin", plugin, "--models", "toy-gan", "--results", tmp_path / "r")
    assert ganbench("run", *options)[0] == 0
    code, out, err = ganbench("run", "--extend", *options)
    assert code == 2 and "1 to do" in out
    assert "nothing can be extended: there is no finished run of toy-gan seed 0" in err


METRIC = """
import os
from metrics.registry import Measurement, Metric

def measure(generated, real):
    {end}

BAD = Metric(
    name="bad_metric", title="Bad metric", short="bad", needs=("pictures",), better="lower",
    unit="", protocol={{}}, version=1, measure=measure, about="fails",
)
"""
TOY = Path(__file__).parents[1] / "light" / "toy_gan.py"


@pytest.fixture
def judged_by(two_domains, tmp_path):
    """The command for a run that is judged by a metric which ends so, and by another."""

    def words(end):
        file = tmp_path / "bad_metric.py"
        file.write_text(METRIC.format(end=end))
        asked = ("--data", two_domains, "--size", "32", "--models", "toy-gan", "--budget", "4step")
        asked += ("--samples", "4", "--device", "cpu", "--threads", "1", "--name", "s")
        asked += ("--plugin", TOY, "--plugin", file, "--results", tmp_path / "r")
        return list(map(str, ("run", *asked, "--metrics", "bad_metric,fwd")))

    return words


def test_where_the_metric_that_decides_fails_that_is_the_verdict_until_it_does_not(
    ganbench, judged_by
):
    code, out, _ = ganbench(*judged_by("raise ValueError('no <eyes>')"))
    assert code == 3
    said = "Bad metric: it failed: ValueError: no <eyes>"
    assert f"warning: {said}" in out
    assert "No verdict: Bad metric, which decides, has no number" in " ".join(out.split())
    code, out, _ = ganbench(*judged_by("return Measurement(2.0)"))
    assert code == 0 and said not in out and "1, 1 done" in out


def test_a_metric_that_ends_the_process_that_judges_is_named(judged_by):
    words = judged_by("os._exit(0)")
    done = subprocess.run(
        [sys.executable, "-m", "ganbench", *words], capture_output=True, text=True
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    told = " ".join(done.stderr.split())
    assert "could not be judged: its process ended with code 0" in told
    assert "measuring Bad metric" in told
