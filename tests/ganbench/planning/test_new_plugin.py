"""`ganbench new`: what it writes works as it is, and it spoils nothing."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from ganbench.errors import InputError
from ganbench.planning import new_plugin
from ganbench.planning.new_plugin import Names
from ganbench.system import files
from ganzoo import registry
from ganzoo.trainer import Task

EXAMPLES = Path(__file__).parents[3] / "examples"
MODELS = [
    ("pytorch", False),
    ("pytorch", True),
    pytest.param("tensorflow", False, marks=[pytest.mark.tensorflow, pytest.mark.slow]),
    pytest.param("tensorflow", True, marks=pytest.mark.tensorflow),
]


@pytest.mark.parametrize(
    ("template", "example", "names"),
    [
        ("gan-pytorch", "tiny_gan.py", ("tiny-gan", "TinyGAN", "", "")),
        ("gan-tensorflow", "tensorflow/tiny_gan.py", ("tiny-gan", "TinyGAN", "", "")),
        ("metric", "colour_distance.py", ("colour_distance", "", "colour distance", "")),
        (
            *("extractor", "colour_extractor.py"),
            ("colours", "ColourHistogram", "Colours", "colours", "COLOURS"),
        ),
    ],
)
def test_the_examples_are_the_templates_with_names_in_them(template, example, names):
    made = new_plugin.text(template, Names(f"examples/{example}", *names))
    assert made == (EXAMPLES / example).read_text("utf-8")


@pytest.mark.parametrize(("framework", "from_pictures"), MODELS)
def test_a_new_model_passes_the_check_and_learns(ganbench, tmp_path, framework, from_pictures):
    file = tmp_path / "my_own_gan.py"
    options = ("--framework", framework, *["--from-pictures"] * from_pictures)
    code, out, err = ganbench("new", file, *options)
    assert (code, err) == (0, "") and f"ganbench check {file}" in out
    assert f"--plugin {file} --models my-own-gan" in out
    assert "class MyOwnGAN(" in file.read_text("utf-8")
    assert 40 < file.read_text("utf-8").count("\n") < 95
    (found,) = registry.select("my-own-gan", (file,), framework)
    assert found.source == ("pictures" if from_pictures else "noise")
    code, out, _ = ganbench("check", file, "--steps", 3)
    assert (code, "FAIL" in out) == (0, False), out
    trainer = registry.load(found)(registry.load(found).Settings(batch=2), Task(32))
    random = np.random.default_rng(0)
    target = random.integers(0, 256, (2, 32, 32, 3), np.uint8)
    source = target[::-1] if from_pictures else random.normal(size=(2, 32)).astype(np.float32)
    before = trainer.generate(source)
    for _ in range(3):
        assert all(np.isfinite(float(loss)) for loss in trainer.step(source, target).values())
    assert (trainer.generate(source) != before).any()


def test_a_new_metric_and_a_new_extractor_score(ganbench, tmp_path, two_domains):
    metric, extractor = tmp_path / "my_metric.py", tmp_path / "my_look.py"
    assert ganbench("new", metric, "--metric")[0] == 0
    code, out, _ = ganbench("new", extractor, "--extractor")
    assert code == 0 and f"--plugin {extractor} --extractor my-look" in out
    sides = (two_domains / "photo", two_domains / "monet")
    code, out, err = ganbench("score", *sides, "--plugin", metric, "--metrics", "my_metric")
    assert (code, err) == (0, "") and re.search(r"my metric +\d", out)
    used = ("--plugin", extractor, "--extractor", "my-look", "--metrics", "fid")
    code, out, err = ganbench("score", *sides, *used, "--device", "cpu")
    assert (code, err) == (0, "") and re.search(r"My look FD +\d", out)


def test_an_older_file_is_left_as_it_is(ganbench, tmp_path):
    (tmp_path / "mine.py").write_text("mine")
    (tmp_path / "link.py").symlink_to(tmp_path / "nowhere.py")
    for name in ("mine.py", "link.py"):
        code, out, err = ganbench("new", tmp_path / name)
        assert (code, out) == (2, "") and "is there already" in err
    assert (tmp_path / "mine.py").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.py", "mine.py"]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("class.py", (), "cannot name a plugin"),
        ("my gan.py", (), "cannot name a plugin"),
        ("My_Gan.py", (), "new {}/my_gan.py"),
        ("мой.py", (), "cannot name a plugin"),
        ("1gan.py", (), "cannot name a plugin"),
        ("gan.txt", (), "cannot name a plugin"),
        ("gan", (), "cannot name a plugin"),
        ("dcgan.py", (), "a model called dcgan already"),
        ("fid.py", ("--metric",), "a metric called fid already"),
        ("inception.py", ("--extractor",), "an extractor called inception already"),
        ("torch.py", (), "the module torch"),
        ("random.py", (), "the module random"),
        ("nowhere/gan.py", (), "there is no folder"),
        ("gan.py", ("--framework", "jax"), "--framework pytorch or tensorflow"),
        ("own.py", ("--metric", "--framework", "tensorflow"), "written in numpy"),
        ("own.py", ("--extractor", "--from-pictures"), "--from-pictures is about a model"),
        ("own.py", ("--extractor", "--metric"), "name one"),
    ],
)
def test_what_cannot_be_written_is_refused(ganbench, tmp_path, name, options, words):
    code, out, err = ganbench("new", tmp_path / name, *options)
    assert (code, out) == (2, "") and words.format(tmp_path) in err, err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_named(monkeypatch, tmp_path):
    def refused(path, data):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "write_bytes", refused)
    with pytest.raises(InputError, match=r"cannot write .*own\.py: Permission denied"):
        new_plugin.write(tmp_path / "own.py", "model", None, False)


def test_a_disk_without_links_takes_it_too(monkeypatch, tmp_path):
    def refused(*_):
        raise OSError(1, os.strerror(1))

    monkeypatch.setattr(os, "link", refused)
    new_plugin.write(tmp_path / "own.py", "model", None, False)
    assert [path.name for path in tmp_path.iterdir()] == ["own.py"]
