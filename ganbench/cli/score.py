"""`ganbench score`: pictures against pictures, without a benchmark around them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganbench.cli import bars
from ganbench.cli.options import Device, InceptionWeights
from ganbench.errors import InputError

if TYPE_CHECKING:
    from ganbench.scoring.compare_sets import Settings

DISAGREE = 4  # exit code of --check


def score(
    fake: Annotated[
        str | None, typer.Argument(help="Generated pictures: folder, zip, .npy, .npz or run.")
    ] = None,
    real: Annotated[str | None, typer.Argument(help="Real pictures, likewise.")] = None,
    metrics: Annotated[
        str | None, typer.Option(help="For instance fid,kid; see ganbench list metrics.")
    ] = None,
    extractors: Annotated[
        str | None,
        typer.Option(
            "--extractor",
            help="Networks to look through, for instance inception,efficientnet-lite0.",
            show_default="by weights",
        ),
    ] = None,
    protocol: Annotated[str, typer.Option(help="Resize: tf or clean.")] = "tf",
    precision: Annotated[str, typer.Option(help="Of the network: fp32 or bf16.")] = "fp32",
    engine: Annotated[str, typer.Option(help="What runs the network: torch or openvino.")] = (
        "torch"
    ),
    device: Device = None,
    inception_weights: InceptionWeights = None,
    plugins: Annotated[
        list[Path] | None, typer.Option("--plugin", help="Python file with a metric; repeatable.")
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all of it; - prints it.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Recompute the scores of a run's record.")
    ] = None,
) -> None:
    """Score generated pictures against real ones, without a benchmark around it."""
    from ganbench.scoring.compare_sets import Settings

    settings = Settings(
        None if metrics is None else _parts(metrics),
        protocol,
        precision,
        engine,
        _parts(extractors or ""),
        device,
        inception_weights,
        tuple(plugins or ()),
    )
    if check is not None:
        _alone(FAKE=fake, REAL=real, metrics=metrics, extractor=extractors, json=json_file)
        raise typer.Exit(_check(check, settings))
    _compare(*_both(fake, real), settings, json_file)


def _parts(listed: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, listed.split(","))))


def _compare(fake: str, real: str, settings: "Settings", json_file: str | None) -> None:
    """Score one side against the other and say it."""
    from ganbench.scoring import output
    from ganbench.scoring.compare_sets import compare_sides
    from ganbench.system import files

    if json_file is not None and json_file != "-":
        _check_file(Path(json_file))
    with bars.on_stderr() as tick:
        comparison = compare_sides(fake, real, settings, tick)
    value = output.as_json(comparison)
    if json_file == "-":
        print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))
        return
    print(output.table(comparison))
    if json_file is not None:
        files.write_json(Path(json_file), value)


def _check(run_folder: Path, settings: "Settings") -> int:
    """Recompute what a run's record says; returns the exit code."""
    from ganbench.scoring.verify import make_again, table

    with bars.on_stderr() as tick:
        found = make_again(run_folder, settings, tick)
    print(table(found))
    return 0 if found.agrees else DISAGREE


def _check_file(file: Path) -> None:
    """InputError, before the work, when the JSON could not be written."""
    from ganbench.system import files

    if not file.name or file.is_dir():
        raise InputError(f"--json {file} is a folder", f"--json {file / 'score.json'}")
    files.check_writable(file.parent)


def _alone(**ignored: object) -> None:
    """InputError when --check is given what it takes from the record itself."""
    given = [name for name, value in ignored.items() if value is not None]
    if given:
        raise InputError(
            f"--check takes everything from the run's record, but {' and '.join(given)} "
            f"{'are' if len(given) > 1 else 'is'} given too",
            "ganbench score --check RUN",
        )


def _both(fake: str | None, real: str | None) -> tuple[str, str]:
    """The two sides; InputError when one is missing."""
    if fake is None or real is None:
        raise InputError(
            "two sides are needed: the generated pictures, then the real ones",
            "ganbench score outputs/ paintings/, or ganbench score --check RUN",
        )
    return fake, real
