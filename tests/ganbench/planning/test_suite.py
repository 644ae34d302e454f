from dataclasses import replace
from pathlib import Path

import pytest

from ganbench.errors import InputError
from ganbench.jobs import Run
from ganbench.planning import suite
from ganbench.planning.suite import STANDARD, Choice, Suite
from ganzoo.errors import InputError as ModelError
from metrics.registry import BUILT_IN

SUITES = sorted((Path(__file__).parents[3] / "benchmarks").rglob("*.toml"))

RUN = Run(
    model="dcgan",
    address="ganzoo.pytorch.dcgan:DCGAN",
    framework="pytorch",
    label="dcgan",
    source="noise",
    settings={"width": 32},
    seed=0,
    budget="60s",
    size=64,
    flip=True,
    jitter=0.0,
    data=("a", "b"),
    samples=300,
    curve_samples=100,
    snapshots=4,
    frames=16,
    device="cpu",
    code="0",
)


def test_commas_part_models_and_settings():
    text = "dcgan, cyclegan-resnet:norm=group,blocks=6,cyclegan-unet"
    assert suite.split_models(text) == (
        "dcgan",
        "cyclegan-resnet:norm=group,blocks=6",
        "cyclegan-unet",
    )


def test_overrides_follow_a_colon():
    (choice,) = suite.choices(("cyclegan-resnet:norm=group,blocks=6",))
    assert choice.name == "cyclegan-resnet"
    assert choice.settings == {"norm": "group", "blocks": "6"}


def test_a_family_s_members_get_their_own_labels():
    chosen = suite.selected(Suite(models=("cyclegan:batch=2",)))
    assert [c.label for _, c in chosen] == ["cyclegan-unet:batch=2", "cyclegan-resnet:batch=2"]


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"width": 33}},
        {"seed": 1},
        {"budget": "61s"},
        {"size": 128},
        {"flip": False},
        {"jitter": 0.1},
        {"held_out": 0.3},
        {"judge_on": "test"},
        {"data": ("a", "c")},
        {"samples": 301},
        {"code": "d"},
        {"device": "cuda"},
        {"curve_samples": 99},
    ],
)
def test_the_key_changes_with_whatever_changes_the_result(change):
    assert replace(RUN, **change).key != RUN.key


def test_the_key_does_not_change_with_a_label_or_a_path():
    assert replace(RUN, label="mine", address="elsewhere.py:DCGAN").key == RUN.key


def test_a_resolved_suite_reads_back_as_itself(tmp_path):
    whole = suite.with_device_defaults(
        Suite(models=("dcgan", Choice("cyclegan-unet", {"encoder": [8, 16], "loss": "bce"}, "ü"))),
        "cpu",
    )
    file = tmp_path / "again.toml"
    file.write_text(suite.to_toml(whole), encoding="utf-8")
    again = replace(suite.read_suite(file), name="")
    assert suite.choices(again.models) == suite.choices(whole.models)
    assert replace(again, models=()) == replace(whole, models=())


def test_defaults_follow_the_device_and_give_way_to_wishes():
    assert suite.with_device_defaults(Suite(), "cpu").size == 64
    assert suite.with_device_defaults(Suite(), "cuda:1").size == 256
    assert suite.with_device_defaults(Suite(size=32), "cuda").size == 32


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"budget": "0s"}, "zero"),
        ({"size": 8}, "between 16 and 1024"),
        ({"seeds": ()}, "seeds"),
        ({"seeds": (1, 1)}, "twice"),
        ({"seeds": (-1,)}, "from 0 on"),
        ({"profile": "huge"}, 'no profile "huge"'),
        ({"jitter": 2.0}, "jitter"),
        ({"samples": 1}, "samples"),
        ({"threads": 0}, "threads"),
        ({"metrics": ()}, "no metrics"),
        ({"models": ()}, "no models"),
        ({"name": "../../x"}, "cannot name a folder"),
    ],
)
def test_numbers_no_run_can_use_are_refused(values, words):
    with pytest.raises(InputError, match=words):
        suite.check(Suite(**values))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models = [", "is not TOML"),
        ("colour = 3", "colour"),
        ("size = 'big'", "size"),
        ("[[models]]\nname = 'dcgan'\nflavour = 1", "models"),
    ],
)
def test_a_bad_suite_file_is_one_sentence(tmp_path, text, words):
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        suite.read_suite(file)


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("nothing.toml", "models are named by --models"),
        ("dcgan", "--models dcgan"),
        ("cyclegan", "--models cyclegan"),
        ("width=8", "--models dcgan:width=8"),
    ],
)
def test_a_word_that_is_no_suite_file_is_one_sentence(tmp_path, monkeypatch, word, typed):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"there is no suite file {word}") as raised:
        suite.read_suite(Path(word))
    assert typed in raised.value.hint


@pytest.mark.parametrize("file", SUITES, ids=lambda f: f.stem)
def test_every_suite_in_the_repository_resolves(file):
    from ganzoo import registry, settings

    read = suite.read_suite(file)
    suite.check(read)
    for model, choice in suite.selected(read):
        kind = registry.load(model)
        settings.resolve(kind.Settings, model.name, choice.settings).check(read.size)


def test_all_metrics_are_the_usual_ones_first_and_then_the_others():
    spelled = suite.with_metrics_named(Suite(metrics=("all",))).metrics
    assert spelled[: len(STANDARD)] == STANDARD and set(spelled) == set(BUILT_IN)
    assert suite.with_metrics_named(Suite(metrics=("fid", "all"))).metrics[:2] == ("fid", "kid")
    assert suite.with_metrics_named(Suite(metrics=("fid",))).metrics == ("fid",)


@pytest.mark.parametrize("name", ["pictures", "pictures.zip"])
def test_pictures_in_the_place_of_a_suite_file_are_told_where_they_go(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="is no suite file") as caught:
        suite.read_suite(tmp_path / name)
    assert caught.value.hint == f"for pictures: --data {tmp_path / name}"


@pytest.mark.parametrize("field", ["plugins", "beside"])
def test_an_option_that_can_be_repeated_and_was_not_typed_leaves_the_file_alone(field):
    before = Suite(**{field: ("one",)})
    assert getattr(suite.overlay(before, {field: ()}), field) == ("one",)
    assert getattr(suite.overlay(before, {field: ("two",)}), field) == ("two",)


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (
            '[[models]]\nname = "dcgan"\nfoo = 1',
            "models 1: foo: ",
            "[[models]] has: name, settings",
        ),
        ('[[models]]\nname = "dcgan"\nsettings = "x"', "models 1: settings: ", "[[models]] has: "),
        ('[[models]]\nlabel = "x"', "models 1: name: ", "[[models]] has: "),
        ("models = 3", "models: Input should be a list", 'models = ["dcgan", "cyclegan"]'),
        ('seeds = "0,1"', "seeds: Input should be a list", "seeds = [0, 1, 2]"),
        ("price = 0.35", "price: ", 'price = "0.35/h"'),
        ("whatever = 1", "whatever: ", "there are: models, name"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_what_would_be_right(tmp_path, text, said, hint):
    file = tmp_path / "q.toml"
    file.write_text(text)
    with pytest.raises(InputError) as error:
        suite.read_suite(file)
    assert str(error.value).startswith(f"{file}: {said}")
    assert error.value.hint.startswith(hint)


def test_a_suite_that_is_kept_means_the_same_from_any_folder(tmp_path, monkeypatch):
    (tmp_path / "my_gan.py").write_text("")
    (tmp_path / "scenes").mkdir()
    monkeypatch.chdir(tmp_path)
    given = suite.Suite(data="scenes", target="nowhere", plugins=("my_gan.py", "/else.py"))
    kept = suite.anchored(given)
    assert (kept.data, kept.source, kept.target) == ("scenes", None, "nowhere")
    assert kept.plugins == (str(tmp_path / "my_gan.py"), "/else.py")
    assert suite.anchored(suite.Suite(data=".")).data == str(tmp_path)


def test_of_several_frameworks_a_plugin_need_only_come_in_one():
    both = ("pytorch", "tensorflow")
    file = str(Path(__file__).parents[3] / "examples" / "tensorflow" / "tiny_gan.py")
    asked = suite.Suite(models=("tiny-gan", "dcgan"), frameworks=both, plugins=(file,))
    found = [(model.name, model.framework) for model, _ in suite.selected(asked)]
    assert found == [("tiny-gan", "tensorflow"), ("dcgan", "pytorch"), ("dcgan", "tensorflow")]
    for other in (replace(asked, frameworks=("pytorch",)), replace(asked, models=("nobody",))):
        with pytest.raises(ModelError):
            suite.selected(other)
    with pytest.raises(ModelError, match="does not come in jax"):
        suite.selected(replace(asked, frameworks=("tensorflow", "jax")))
