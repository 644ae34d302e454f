import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ganzoo import registry
from ganzoo.errors import InputError
from ganzoo.trainer import Counting, count_parameters, missing_parts

PLUGIN = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    batch: int = 1
    latent: int = 2

class Mine:
    framework = "pytorch"
    source = "noise"
    Settings = Settings
    def step(self, source, target): ...
    def generate(self, source): ...
    def save(self, folder): ...
    def load(self, folder): ...
"""


def test_a_name_selects_itself_or_its_family():
    assert [m.name for m in registry.select("dcgan")] == ["dcgan"]
    assert [m.name for m in registry.select("cyclegan")] == ["cyclegan-unet", "cyclegan-resnet"]


def test_an_unknown_name_gets_the_nearest_and_all():
    with pytest.raises(InputError, match='no model "cyclgan-resnet"') as caught:
        registry.select("cyclgan-resnet")
    assert "nearest: cyclegan-resnet" in caught.value.hint
    assert "dcgan" in caught.value.hint


def test_a_framework_without_the_model_is_named(tmp_path):
    (tmp_path / "my_gan.py").write_text(PLUGIN)
    with pytest.raises(InputError, match="my-gan does not come in tensorflow"):
        registry.select("my-gan", (tmp_path / "my_gan.py",), "tensorflow")


def test_every_built_in_model_comes_in_both_frameworks():
    names = {
        f: [m.name for m in registry.BUILT_IN if m.framework == f] for f in registry.FRAMEWORKS
    }
    assert names["pytorch"] == names["tensorflow"] and len(names["pytorch"]) == 3


def test_a_plugin_file_is_listed_without_being_run(tmp_path):
    file = tmp_path / "my_gan.py"
    file.write_text(PLUGIN + "\nraise SystemExit('was run')\n")
    listed = registry.models((file,))[-1]
    assert (listed.name, listed.framework, listed.origin) == ("my-gan", "pytorch", str(file))
    assert listed.source == "noise"


def test_a_plugin_is_loaded_by_its_path(tmp_path):
    file = tmp_path / "my_gan.py"
    file.write_text(PLUGIN)
    assert registry.load(registry.select("my-gan", (file,))[0]).__name__ == "Mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = (", "is not Python: line 1"),
        ("x = 1", "has no model"),
        ("import nowhere_to_be_found\n" + PLUGIN, "cannot be imported"),
        (PLUGIN.replace("def generate", "def forget"), "lacks generate"),
        (PLUGIN.replace("    latent: int = 2\n", ""), "lacks Settings.latent"),
        (PLUGIN.replace('"noise"', '"sound"'), 'lacks source = "noise" or "pictures"'),
    ],
)
def test_a_broken_plugin_is_one_sentence(tmp_path, text, words):
    file = tmp_path / "my_gan.py"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        registry.load(registry.select("my-gan", (file,))[0])


def test_an_installed_package_announces_its_models(monkeypatch):
    points = [EntryPoint("mine", "mine:GAN", "ganzoo.models")]
    points += [EntryPoint("mine.tensorflow", "mine.tf:GAN", "ganzoo.models")]
    monkeypatch.setattr(registry, "_installed", lambda: points)
    assert registry.select("mine")[0].address == "mine:GAN"
    assert registry.select("mine", framework="tensorflow")[0].address == "mine.tf:GAN"


def test_an_installed_model_with_a_built_in_name_hinders_nobody(monkeypatch):
    points = [EntryPoint("dcgan", "bad:GAN", "ganzoo.models")]
    monkeypatch.setattr(registry, "_installed", lambda: points)
    assert registry.select("dcgan")[0].origin == "built in"


def test_the_type_may_stand_behind_the_source_and_a_file_be_named_twice(tmp_path):
    file = tmp_path / "my_gan.py"
    file.write_text(PLUGIN.replace("source = ", "source: str = "))
    assert registry.select("my-gan", (file, file))[0].source == "noise"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("two.py", "{0}\n{1}", r"has 2 models \(.*, Other\)"),
        ("__init__.py", "{0}", "has no name to call a model by"),
        ("", "", "it is a folder: name the file"),
    ],
)
def test_a_file_is_one_model_and_has_a_name(tmp_path, name, text, words):
    file = tmp_path / name
    if name:
        file.write_text(text.format(PLUGIN, 'class Other:\n    source = "pictures"'))
    with pytest.raises(InputError, match=words):
        registry.models((file,))


def test_a_plugin_may_not_take_another_s_name(tmp_path):
    file = tmp_path / "dcgan.py"
    file.write_text(PLUGIN)
    with pytest.raises(InputError, match="calls its model dcgan, as built in does"):
        registry.models((file,))


def test_a_missing_plugin_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        registry.models((tmp_path / "nothing.py",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = " + "(" * 5000, "is not Python"),
        ("x = " + "-" * 100_000 + "1", "is not Python"),
        ("x = 1\0", "is not Python"),
    ],
)
def test_a_plugin_that_no_parser_takes_is_one_sentence(tmp_path, text, words):
    (tmp_path / "odd.py").write_text(text)
    with pytest.raises(InputError, match=words):
        registry.models((tmp_path / "odd.py",))


def test_a_fifo_is_no_plugin_and_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "odd.py")
    with pytest.raises(InputError, match="is no file"):
        registry.models((tmp_path / "odd.py",))


def test_a_plugin_in_a_folder_with_a_colon_is_loaded(tmp_path):
    file = tmp_path / "12:30 today" / "mine.py"
    file.parent.mkdir()
    file.write_text(PLUGIN)
    assert registry.load(registry.select("mine", (file,))[0]).__name__ == "Mine"


def test_importing_the_packages_imports_no_framework():
    code = (
        "import sys, ganbench.cli.main, ganzoo.registry, ganzoo.settings, metrics.registry;"
        "print([m for m in ('torch', 'tensorflow', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_built_in_model_starts_from_is_known_without_a_framework():
    sources = {model.name: model.source for model in registry.BUILT_IN}
    assert sources == {
        "dcgan": "noise", "cyclegan-unet": "pictures", "cyclegan-resnet": "pictures",
    }  # fmt: skip


def test_a_model_of_a_package_is_imported_by_the_name_of_its_module(tmp_path, monkeypatch):
    (tmp_path / "their_models.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    assert registry.load(registry.Model("theirs", "their_models:Mine")).__name__ == "Mine"


def test_other_classes_and_values_of_a_plugin_are_no_models(tmp_path):
    file = tmp_path / "my_gan.py"
    other = 'class Data:\n    source = "https://pictures"\n    Settings.note = "mine"\n'
    file.write_text(PLUGIN + other)
    assert registry.select("my-gan", (file,))[0].address.endswith(":Mine")


@pytest.mark.parametrize(
    ("old", "new", "lacking"),
    [
        ('"pytorch"', '"jax"', ['framework = "pytorch" or "tensorflow"']),
        ('    framework = "pytorch"\n', "", ["framework"]),
        ('    source = "noise"\n', "", ["source"]),
        ("    batch: int = 1\n", "", ["Settings.batch"]),
        ("    Settings = Settings\n", "", ["Settings"]),
        ('"noise"', '"pictures"', []),
    ],
)
def test_all_that_a_class_lacks_of_the_contract_is_named(old, new, lacking):
    there: dict[str, Any] = {}
    exec(PLUGIN.replace(old, new), there)
    assert missing_parts(there["Mine"]) == lacking


def test_the_latent_size_is_asked_of_models_from_noise_only():
    there: dict[str, Any] = {}
    exec(PLUGIN.replace("    latent: int = 2\n", ""), there)
    assert missing_parts(there["Mine"]) == ["Settings.latent"]
    there["Mine"].source = "pictures"
    assert missing_parts(there["Mine"]) == []


def test_parameters_are_counted_of_networks_of_both_frameworks():
    keras = SimpleNamespace(trainable_variables=[np.zeros((2, 3)), np.zeros(4)])
    torchs = SimpleNamespace(parameters=lambda: [SimpleNamespace(numel=lambda: 5)] * 2)
    networks = SimpleNamespace(networks={"G": keras, "D": torchs})
    assert count_parameters(networks) == {"G": 10, "D": 10}
    assert count_parameters(SimpleNamespace()) == {}


def test_every_step_is_counted_once_also_one_that_fails_or_calls_another():
    class Base(Counting):
        def step(self, source, target):
            seen.append(self.steps)
            return {"G": 1 / source}

    class Own(Base):
        def step(self, source, target):
            return super().step(source, target=target)

    seen: list[int] = []
    trainer = Own()
    assert trainer.steps == 0
    with pytest.raises(ZeroDivisionError):
        trainer.step(0, None)
    assert [trainer.step(1, None), trainer.step(2, target=None)] == [{"G": 1.0}, {"G": 0.5}]
    assert seen == [1, 2, 3] and trainer.steps == 3
