"""`ganbench kaggle bundle`: what a notebook on Kaggle needs of a run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ganbench.cli import said
from ganbench.cli.command import App
from ganbench.cli.options import Json, Plugins, User, With

app = App(help="Take a run to Kaggle; nothing is sent.")


@app.callback()
def _kaggle() -> None:
    """With one command alone typer would leave its name out."""


@app.command()
def bundle(
    run: With,
    out: Annotated[
        Path | None, typer.Option(help="New folder.", show_default="MODEL-kaggle-data")
    ] = None,
    user: User = None,
    plugins: Plugins = None,
    json_: Json = False,
) -> None:
    """Make a Kaggle data set of a run and of ganbench, for a notebook without internet."""
    from ganbench.data.run_samples import place_of
    from ganbench.system.text import size_words
    from ganbench.trained import kaggle_bundle, kaggle_names, trained_run

    found = trained_run.find(run)
    said.notes(found.notes)
    files = tuple(place_of(str(file)) for file in plugins or ())
    done = kaggle_bundle.write(found, place_of(str(out)) if out else None, user, files)
    if json_:
        print(json.dumps({
            "folder": str(done.place), "run": str(found.folder), "bytes": done.size,
            "wheel": str(done.wheel), "command": done.command,
        }))  # fmt: skip
        return
    print(f"{size_words(done.size)}: {found.name} and {done.wheel.name}, in {done.place}")
    if user is None:
        file = done.place / kaggle_bundle.METADATA
        print(f"put your name on Kaggle in place of {kaggle_names.PLACEHOLDER} in {file}")
    print(f"to send it: {done.command}")
