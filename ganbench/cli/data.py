"""`ganbench data`: look at a set of pictures, or convert it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli import bars, said
from ganbench.cli.command import App
from ganbench.cli.options import Domains, Limit, Size, Source, Target

app = App(help="Look at a set of pictures, or convert it.")


@app.command()
def inspect(
    data: Domains = None,
    out: Annotated[Path, typer.Option(help="FILE.html or FILE.png.")] = Path("data.html"),
    source: Source = None,
    target: Target = None,
    size: Size = 64,
    limit: Limit = None,
) -> None:
    """Count, compare and draw both domains: contact sheets and colour histograms."""
    from ganbench.data.inspect import inspect_data

    with bars.on_stderr() as on_progress:
        facts = inspect_data(data, source, target, size, out, on_progress, limit)
    for sentence in (facts["headline"], facts["health"], facts["colours"], *facts["warnings"]):
        if sentence:
            print(sentence)
    print(out)


@app.command()
def convert(
    to: Annotated[str, typer.Option(help="tfrecord, folder or zip.")],
    data: Domains = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to.", show_default="DATA-tfrecord, DATA.zip")
    ] = None,
    source: Source = None,
    target: Target = None,
    size: Annotated[
        int | None, typer.Option(help="Pixels on a side, of scenes.", show_default="256")
    ] = None,
) -> None:
    """Write the pictures as TFRecords, a folder or a zip; files go over as they are.

    Of a run, --source RUN, go its last samples, as PNG.
    """
    from ganbench.data.convert import convert
    from ganbench.system.text import some_of

    with bars.on_stderr() as on_progress:
        done = convert(data, source, target, to, out, size, on_progress)
    said.notes(done.notes)
    said.left_out(done.skipped, "cannot be used")
    if done.left_alone:
        print(f"left alone: {some_of(done.left_alone)}", file=sys.stderr)
    for folder, count in done.counts.items():
        print(f"{count:,} pictures" + f" in {folder}" * bool(folder))
    print(done.place)
