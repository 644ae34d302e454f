"""DINOv2 through timm, against the architecture of the official code written out plainly.

torch-fidelity has its network from torch.hub, which cannot be had offline: here it is given the
plain one.
"""

import dataclasses
import math
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from metrics.errors import InputError
from metrics.extractors import dinov2, weights
from metrics.extractors.release import Release

RELEASE = Release(what="DINOv2", sha256="", size_bytes=0, filename="w.pth", urls=("an address",))
MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)


def drawn(variant: str) -> dict[str, Tensor]:
    """Random weights under which every part of the network shows in its features."""
    random = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in dinov2.shapes(variant).items():
        value = torch.randn(shape, generator=random)
        around_one = name.endswith("gamma") or ("norm" in name and name.endswith("weight"))
        fan_in = value[0].numel() if value.dim() in (2, 4) else 1
        state[name] = 1 + 0.3 * value if around_one else value / fan_in**0.5
    return state


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return drawn("vits14")


@pytest.fixture(scope="module")
def file(state, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "dinov2_vits14_pretrain.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    """uint8 3 3 224 224."""
    coarse = torch.randint(256, (3, 3, 16, 16), generator=torch.Generator().manual_seed(1))
    return F.interpolate(coarse.float(), (224, 224), mode="bilinear").to(torch.uint8)


def shown(pictures: Tensor) -> Tensor:
    return (pictures / 255 - MEAN) / DEVIATION


def plain(state: dict[str, Tensor], heads: int, x: Tensor) -> Tensor:
    """The official architecture, float32 N 3 224 224 -> N width."""
    depth = sum(name.endswith("norm1.weight") for name in state)

    def norm(name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        y = centred / (centred.square().mean(-1, keepdim=True) + 1e-6).sqrt()
        return y * state[f"{name}.weight"] + state[f"{name}.bias"]

    def linear(name: str, x: Tensor) -> Tensor:
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    def attention(name: str, x: Tensor) -> Tensor:
        split = linear(f"{name}.qkv", x).unflatten(-1, (3, heads, -1))  # N 257 3 heads C
        q, k, v = split.permute(2, 0, 3, 1, 4)  # N heads 257 C
        seen = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v
        return linear(f"{name}.proj", seen.transpose(1, 2).flatten(2))

    patches = F.unfold(x, 14, stride=14).mT  # N 256 588
    embedding = state["patch_embed.proj.weight"].flatten(1)
    patches = patches @ embedding.T + state["patch_embed.proj.bias"]
    x = torch.cat([state["cls_token"].expand(len(x), 1, -1), patches], 1)
    x = x + positions(state["pos_embed"])
    for block in (f"blocks.{number}" for number in range(depth)):
        y = attention(f"{block}.attn", norm(f"{block}.norm1", x))
        x = x + y * state[f"{block}.ls1.gamma"]
        y = linear(f"{block}.mlp.fc1", norm(f"{block}.norm2", x))
        y = linear(f"{block}.mlp.fc2", y * (1 + torch.erf(y / 2**0.5)) / 2)
        x = x + y * state[f"{block}.ls2.gamma"]
    return norm("norm", x)[:, 0]


def positions(places: Tensor) -> Tensor:
    """From 37 x 37 places to 16 x 16 with Keys' cubic of a = -0.75 at a step of 37 / 16.1."""
    at = (torch.arange(16) + 0.5).double() * 37 / 16.1 - 0.5
    weight = torch.zeros(16, 37, dtype=torch.float64)
    for place, centre in enumerate(at):
        for tap in range(int(centre.floor()) - 1, int(centre.floor()) + 3):
            weight[place, min(max(tap, 0), 36)] += cubic(abs(float(centre) - tap))
    grid = places[0, 1:].double().unflatten(0, (37, 37))
    grid = torch.einsum("ih,jw,hwc->ijc", weight, weight, grid).flatten(0, 1).float()
    return torch.cat([places[:, :1], grid[None]], 1)


def cubic(t: float, a: float = -0.75) -> float:
    near, far = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * (t**3 - 5 * t**2 + 8 * t - 4)
    return near if t < 1 else far


def relative(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


def network(state: dict[str, Tensor], variant: str = "vits14") -> torch.nn.Module:
    pytest.importorskip("timm", reason="timm is not installed")
    return dinov2.network(state, variant)


def test_features_are_those_of_the_official_architecture(state, file, pictures):
    read = weights.read(file, dinov2.shapes("vits14"), "DINOv2", RELEASE)
    made = network(read)
    assert not made.training and not any(p.requires_grad for p in made.parameters())
    ours = made(shown(pictures))
    assert ours.shape == (3, 384) and ours.dtype == torch.float32
    assert relative(ours, plain(state, 6, shown(pictures))) < 1e-5
    assert relative(ours[:1], ours[1:2]) > 0.01  # nor are they the same for every picture


def test_features_are_those_of_torch_fidelity(state, pictures, monkeypatch):
    extractors = pytest.importorskip("torch_fidelity.feature_extractor_dinov2")

    class Plain(torch.nn.Module):
        def forward(self, x):
            return plain(state, 6, x)

    monkeypatch.setattr(torch.hub, "load", lambda repository, name: Plain())
    monkeypatch.setenv("XFORMERS_DISABLED", "1")  # which torch-fidelity sets and leaves
    theirs = extractors.FeatureExtractorDinoV2("dinov2-vit-s-14", ["dinov2"])
    assert relative(network(state)(shown(pictures)), theirs(pictures)[0]) < 1e-5


def test_the_large_ones_blocks_are_the_official_ones(pictures, monkeypatch):
    """Two of its 24, which are alike."""
    shallow = dataclasses.replace(dinov2.SIZES["vitl14"], depth=2)
    monkeypatch.setitem(dinov2.SIZES, "vitl14", shallow)
    state = drawn("vitl14")
    ours = network(state, "vitl14")(shown(pictures[:1]))
    assert ours.shape == (1, 1024)
    assert relative(ours, plain(state, 16, shown(pictures[:1]))) < 1e-5


@pytest.mark.parametrize(
    ("variant", "tensors", "parameters"),
    [("vits14", 175, 22_056_576), ("vitl14", 343, 304_368_640)],
)
def test_shapes_are_those_of_the_official_files(variant, tensors, parameters):
    shapes = dinov2.shapes(variant)
    assert len(shapes) == tensors
    assert sum(math.prod(shape) for shape in shapes.values()) == parameters


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("blocks.11.ls2.gamma", None, "blocks.11.ls2.gamma is missing"),
        ("pos_embed", torch.zeros(1, 257, 384), r"pos_embed has shape \(1, 257, 384\) where"),
        ("register_tokens", torch.zeros(1, 4, 384), "register_tokens is no part of it"),
    ],
)
def test_wrong_names_and_shapes_are_one_sentence(name, value, sentence, tmp_path):
    zero = torch.zeros(())
    state = {known: zero.expand(shape) for known, shape in dinov2.shapes("vits14").items()}
    state = {known: v for known, v in {**state, name: value}.items() if v is not None}
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(InputError, match=f"does not hold DINOv2: {sentence}"):
        weights.read(tmp_path / "w.pth", dinov2.shapes("vits14"), "DINOv2", RELEASE)


def test_without_timm_it_says_what_to_install(state, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm.models.vision_transformer", None)
    with pytest.raises(InputError, match="DINOv2 needs timm") as caught:
        dinov2.network(state, "vits14")
    assert caught.value.hint == "pip install 'ganbench[dinov2]'"
