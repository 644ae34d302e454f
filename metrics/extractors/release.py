"""Where the official Inception weights are published, and how to know that a file is them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """A published file: the same bytes at every address."""

    urls: tuple[str, ...]
    sha256: str
    size_bytes: int
    filename: str


# TensorFlow's graph of 2015-12-05 in PyTorch's format; release fid_weights of mseitzer/pytorch-fid,
# and the same file in release v0.2.0 of toshas/torch-fidelity.
INCEPTION = Release(
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
