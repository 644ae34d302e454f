"""Folders that translators of other programs write: inputs, outputs and more, side by side.

CycleGAN and pix2pix in PyTorch end names with `_real_A`, `_fake_B`, `_rec_A`, `_idt_B`, CUT has a
folder for each; pix2pix in TensorFlow ends them with `-inputs`, `-outputs`, `-targets`, SPADE and
pix2pixHD with `_input_label`, `_synthesized_image`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from ganbench.errors import InputError

KIND = re.compile(
    r"(?:^|[_-])((?:real|fake|rec|idt)_[AB]|inputs|outputs|targets|input_label|synthesized_image)$"
)
MADE = ("fake_B", "outputs", "synthesized_image", "fake_A")  # by the generator, the likeliest first


def refuse_mixed(path: str, names: Iterable[str]) -> None:
    """InputError when these files are of several kinds, with how to pick one."""
    kinds = Counter(filter(None, map(_pattern, names)))
    if len(kinds) < 2:
        return
    made = [pattern for kind in MADE for pattern in kinds if kind in pattern]
    picked = (made or list(kinds))[0]
    told = ", ".join(f"{count:,} {pattern}" for pattern, count in sorted(kinds.items()))
    raise InputError(
        f"{path} holds what a translator wrote, several kinds of pictures side by side: {told}",
        f"pick one: --only '{picked}', or for the real side --only-real GLOB; '*' takes all",
    )


def _pattern(name: str) -> str:
    """What picks the files of this one's kind: `*_fake_B.png` or `fake_B/*`; empty for no kind."""
    path = PurePosixPath(name)
    if found := KIND.search(path.stem):
        return f"*{path.stem[found.start() :]}{path.suffix}"
    return f"{path.parent.name}/*" if KIND.fullmatch(path.parent.name) else ""
