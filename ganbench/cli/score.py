"""`ganbench score`: pictures against pictures, without a benchmark around them."""

import json
import shlex
import sys
from contextlib import redirect_stdout
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
        str | None,
        typer.Argument(help="Generated pictures: folder, zip, TFRecords, .npy, .npz or run."),
    ] = None,
    real: Annotated[
        str | None, typer.Argument(help="Real pictures, likewise, or a .npz of mu and sigma.")
    ] = None,
    metrics: Annotated[
        str | None, typer.Option(help="For instance fid,kid, or all; see ganbench list metrics.")
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
    only: Annotated[
        str, typer.Option(metavar="GLOB", help="Of FAKE only files so called: '*_fake_B.png'.")
    ] = "",
    only_real: Annotated[str, typer.Option(metavar="GLOB", help="Likewise of REAL.")] = "",
    save_stats: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npz", help="Write mu and sigma of REAL, or of FAKE where it stands alone."
        ),
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
        (only, only_real),
        save_stats,
    )
    if check is not None:
        given = {"only": only or None, "only-real": only_real or None, "save-stats": save_stats}
        _alone(FAKE=fake, REAL=real, metrics=metrics, extractor=extractors, json=json_file, **given)
        raise typer.Exit(_check(check, settings))
    if save_stats:
        from ganbench.scoring.statistics_file import refuse_other

        _check_file("--save-stats", save_stats, ".npz")
        refuse_other(save_stats)
        if fake and real is metrics is json_file is None:
            _save(fake, settings)
            return
        if fake and real is None:
            raise InputError(
                "--save-stats of one side measures nothing: it goes without --metrics and --json",
                f"ganbench score {shlex.quote(fake)} --save-stats {save_stats}",
            )
    _compare(*_both(fake, real), settings, json_file)


def _parts(listed: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, listed.split(","))))


def _compare(fake: str, real: str, settings: "Settings", json_file: str | None) -> None:
    """Score one side against the other and say it."""
    from ganbench.scoring import output
    from ganbench.scoring.compare_sets import compare_sides
    from ganbench.system import files

    if json_file is not None and json_file != "-":
        _check_file("--json", Path(json_file), ".json")
    # What a plugin prints must not stand in the JSON.
    with bars.on_stderr() as tick, redirect_stdout(sys.stderr):
        comparison = compare_sides(fake, real, settings, tick)
    if settings.save_stats:
        _say_saved(real, comparison.real.count, settings)
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


def _save(path: str, settings: "Settings") -> None:
    """Write the statistics of one side and say it."""
    from ganbench.scoring.compare_sets import save_statistics

    with bars.on_stderr() as tick:
        count = save_statistics(path, settings, tick)
    _say_saved(path, count, settings)


def _say_saved(path: str, count: int, settings: "Settings") -> None:
    print(f"statistics of {count:,} pictures ({path}): {settings.save_stats}", file=sys.stderr)


def _check_file(option: str, file: Path, ending: str) -> None:
    """InputError, before the work, when what `option` asks for could not be written."""
    from ganbench.system import files

    if not file.name or file.is_dir():
        raise InputError(f"{option} {file} is a folder", f"{option} {file / f'score{ending}'}")
    if ending == ".npz" and file.suffix.lower() != ending:
        raise InputError(
            f"{option} {file} is no name of a .npz", f"{option} {file.with_suffix(ending)}"
        )
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
