"""The Keras tutorials' U-Net draws here, in both frameworks, what it draws there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ganbench.errors import InputError
from ganbench.trained import import_weights, trained_run
from ganzoo import keras_names
from ganzoo.errors import InputError as ModelError

pytestmark = pytest.mark.tensorflow

SIZE = 32
# Draw in a process of its own, whose framework is the run's.
DRAW = """
import sys, numpy as np
from ganbench.trained import load_model, trained_run
trainer = load_model.load(trained_run.find(sys.argv[1]).model(device="cpu"))
np.save(sys.argv[3], trainer.generate(np.load(sys.argv[2])))
"""


def saved(network, path: Path) -> Path:
    if path.name.endswith(".weights.h5"):
        network.save_weights(path)
    else:
        network.save(path)
    return path


def drawn(place, tmp_path, given):
    paths = tmp_path / "given.npy", tmp_path / "drawn.npy"
    np.save(paths[0], given)
    subprocess.run([sys.executable, "-c", DRAW, place, *paths], check=True)
    return np.load(paths[1])


CASES = [
    ("instance", "g.keras", "pytorch"),
    ("instance", "g.keras", "tensorflow"),
    ("instance", "g.h5", "tensorflow"),
    ("instance", "g.weights.h5", "pytorch"),
    ("example", "g.weights.h5", "tensorflow"),
    ("example", "g.h5", "pytorch"),
    ("batch", "g.keras", "pytorch"),
    ("batch", "g.weights.h5", "tensorflow"),
]


QUICK = (("instance", "g.keras", "pytorch"), ("example", "g.weights.h5", "tensorflow"))


@pytest.mark.parametrize(
    ("norm", "name", "framework"),
    [pytest.param(*case, marks=[pytest.mark.slow] * (case not in QUICK)) for case in CASES],
)
def test_it_draws_what_the_tutorials_network_draws(tmp_path, norm, name, framework):
    from ...ganzoo import tutorial_unet

    tutorial_unet.unet(2, norm, SIZE)  # so that Keras' numbers in names begin higher
    network = tutorial_unet.at_random(tutorial_unet.unet(4, norm, SIZE, dropout=norm != "batch"))
    path = saved(network, tmp_path / name)
    done = import_weights.bring_in(path, "cyclegan-unet", tmp_path, framework=framework)
    assert done.size == SIZE and done.parameters == {
        "G": sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    }
    assert any("weights alone" in note for note in done.notes) == (name == "g.weights.h5")
    given = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
    scaled = given.astype(np.float32) / 127.5 - 1
    made = [network(one[None], training=norm == "batch") for one in scaled]
    levels = np.concatenate(made) * 127.5 + 127.5
    assert levels.std() > 10
    apart = np.abs(drawn(done.place, tmp_path, given) - np.clip(levels, 0, 255))
    assert apart.max() <= 0.501  # the nearest level, of numbers that are alike to 1e-5


@pytest.mark.slow
def test_the_tutorials_network_has_its_count(tmp_path):
    """54,414,979 learnt numbers, as is published."""
    from ...ganzoo import tutorial_unet

    path = saved(tutorial_unet.unet(), tmp_path / "monet_generator.h5")
    done = import_weights.bring_in(path, "cyclegan-unet", tmp_path, framework="tensorflow")
    assert done.parameters == {"G": 54_414_979} and done.size == 256
    run = trained_run.find(str(done.place))
    assert run.record.settings["norm"] == "group" and run.record.settings["groups"] == 512


def test_what_is_another_network_is_one_sentence(tmp_path):
    import keras

    from ...ganzoo import tutorial_unet

    code = keras.Sequential([keras.Input((8,)), keras.layers.Lambda(lambda x: x + 1)])
    tutorial_unet.NORMS["groups"] = lambda: keras.layers.GroupNormalization(groups=2)
    wrong = {
        "lambda.keras": (code, "no U-Net"),
        "dense.h5": (keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)]), "no U-Net"),
        "groups.keras": (tutorial_unet.unet(4, "groups", SIZE), "group norm of 2 groups"),
    }
    for name, (network, words) in wrong.items():
        path = saved(network, tmp_path / name)
        with pytest.raises(InputError, match=words) as error:
            import_weights.bring_in(path, "cyclegan-unet", tmp_path / "r", framework="tensorflow")
        assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)
    whole = saved(tutorial_unet.unet(4, "instance", SIZE), tmp_path / "g.h5")
    with pytest.raises(InputError, match="tutorials' U-Net"):
        import_weights.bring_in(whole, "dcgan", tmp_path / "r", framework="tensorflow")
    for keep in (9, 3000):
        path = tmp_path / "cut.h5"
        path.write_bytes(whole.read_bytes()[:keep])
        with pytest.raises(InputError, match="cut or no file of Keras"):
            import_weights.bring_in(path, "cyclegan-unet", tmp_path / "r", framework="tensorflow")
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(InputError, match="cut or no file of Keras"):
        import_weights.bring_in(
            tmp_path / "x.keras", "cyclegan-unet", tmp_path / "r", framework="tensorflow"
        )
    imported = tmp_path / "r" / "imported"
    assert not imported.exists() or not any(imported.iterdir())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"negative_slope": 0.3', b'"negative_slope": {}', "cut or no file of Keras"),
        (b'"padding": "same"', b'"padding": "valid"', "padding=valid, not same"),
        (b'"class_name": "ReLU"', b'"class_name": "Lambda"', "a layer Lambda, which is code"),
        (b'"layers": [', b'"layers": 7, "more": [', "cut or no file of Keras"),
        (b"{", b"[" * 100_000, "cut or no file of Keras"),
        (b'"negative_slope": 0.3', b'"negative_slope": 0.1', "differ in slope: 0.1 and 0.3"),
    ],
)
def test_a_description_of_another_network_is_a_clause(tmp_path, old, new, words):
    from ...ganzoo import tutorial_unet

    whole = saved(tutorial_unet.unet(2, "instance", SIZE), tmp_path / "g.keras")
    with zipfile.ZipFile(whole) as archive:
        weights, config = archive.read("model.weights.h5"), archive.read("config.json")
    assert old in config
    with zipfile.ZipFile(tmp_path / "y.keras", "w") as archive:
        archive.writestr("config.json", config.replace(old, new, 1))
        archive.writestr("model.weights.h5", weights)
    with pytest.raises(ModelError, match=words):
        keras_names.read(tmp_path / "y.keras")
