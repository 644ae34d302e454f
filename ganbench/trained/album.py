"""A page with photographs and their paintings side by side, small, and links to the large ones."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from ganbench.data.sources.bounded_read import UnreadableFile, read_file
from ganbench.data.sources.decode import BrokenPicture, decode_whole
from ganbench.system import files, html
from ganbench.system.text import spelled
from ganbench.trained.photographs import opened

MOST = 60  # rows; each is some 30 KB
EDGE = 480  # pixels of the longer side

Shown = tuple[str, str, str | None]  # names of a photograph, its painting, and what went back


@dataclass(frozen=True)
class Row:
    """One photograph and what was made of it, as data URIs, with links to the files."""

    name: str
    before: str
    made: tuple[tuple[str, str], ...]  # link, picture


def write(place: Path, photographs: Path, shown: Sequence[Shown], run: str, reverse: bool) -> Path:
    """Write `place`/index.html; `photographs` is where they lie, the others in `place`."""
    columns = ["painting", "photograph"] if reverse else ["photograph", "painting"]
    template = html.templates("trained").get_template("album.html")
    page = template.render(
        title=spelled(place.resolve().name),
        columns=columns + [f"{columns[0]} again"] * (shown[0][2] is not None),
        rows=_rows(place, photographs, shown[:MOST]),
        count=len(shown),
        run=spelled(run),
    )
    files.write_text(place / "index.html", page)
    return place / "index.html"


def _rows(place: Path, photographs: Path, shown: Sequence[Shown]) -> list[Row]:
    tree = opened(photographs)
    rows = []
    for name, *made in shown:
        try:
            before = _small(tree.read(name))
            pictures = [(quote(os.fsencode(one)), _small(read_file(place / one)))
                        for one in made if one]  # fmt: skip
        except (UnreadableFile, BrokenPicture):  # it was there a moment ago
            continue
        rows.append(Row(spelled(name), before, tuple(pictures)))
    return rows


def _small(data: bytes) -> str:
    """A picture's bytes as a small WebP in a data URI."""
    image = Image.fromarray(decode_whole(data))
    image.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    return html.data_uri(image)
