"""Options that several commands share, each described once."""

from pathlib import Path
from typing import Annotated

import typer

from ganbench.errors import InputError


def here(path: Path | None) -> Path | None:
    """Refuse an address of a storage, which a path has lost a slash of, where a folder is meant."""
    from ganbench.system import object_store

    if path is not None and (address := object_store.lost(path)):
        raise InputError(
            f"{address} is an address, and this command works on a folder",
            f"ganbench report {address}  fetches its results and says where they are",
        )
    return path


Results = Annotated[
    Path,
    typer.Option("--results", callback=here, help="Folder for everything that comes out."),
]
ResultsOrAddress = Annotated[
    str,
    typer.Option(
        "--results",
        metavar="FOLDER|ADDRESS",
        help="Folder for everything that comes out; or s3://bucket/path, to which it is pushed.",
    ),
]
ResultsArgument = Annotated[
    str, typer.Argument(metavar="RESULTS", help="Results folder, or address: s3://bucket/path.")
]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="Python file with a model; it is run.")
]
Limit = Annotated[
    int | None,
    typer.Option(help="At most so many pictures of each set, chosen by hash.", show_default="all"),
]
Size = Annotated[int, typer.Option(help="Pixels on a side.")]
Source = Annotated[
    str | None, typer.Option(help="Photographs alone: folder, zip or TFRecords; no test split.")
]
Target = Annotated[
    str | None, typer.Option(help="Paintings alone, likewise; enough for models from noise.")
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps.")]
InceptionWeights = Annotated[
    Path | None, typer.Option(help="Official weights, if they cannot be downloaded.")
]
With = Annotated[
    str,
    typer.Option(
        "--with", metavar="RUN", help="A run's folder, or results/SUITE/MODEL for its best."
    ),
]
User = Annotated[
    str | None, typer.Option("--user", metavar="NAME", help="Yours on Kaggle, for addresses.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of sentences.")]
Domains = Annotated[str | None, typer.Argument(help="Both domains, or one set; by default scenes.")]
Price = Annotated[
    str | None,
    typer.Option(help="Of an hour of this machine, as 0.35/h or '$0.35/h': gives the money a run."),
]
