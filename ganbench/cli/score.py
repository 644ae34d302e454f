"""The command `ganbench score`. Apart from the other commands, whose imports take seconds."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ganbench.errors import InputError
from ganbench.scoring import output
from ganbench.scoring.compare_sets import Settings, compare_sides
from ganbench.system import files

DISAGREE = 4  # exit code of --check


def run(fake: str, real: str, settings: Settings, json_file: str | None) -> int:
    """Score one side against the other and say it; returns the exit code."""
    if json_file is not None and json_file != "-":
        _check_file(Path(json_file))
    with progress() as tick:
        comparison = compare_sides(fake, real, settings, tick)
    value = output.as_json(comparison)
    if json_file == "-":
        print(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))
        return 0
    print(output.table(comparison))
    if json_file is not None:
        files.write_json(Path(json_file), value)
    return 0


def check(run_folder: Path, settings: Settings) -> int:
    """Recompute what a run's record says; returns the exit code."""
    from ganbench.scoring.verify import make_again, table

    with progress() as tick:
        found = make_again(run_folder, settings, tick)
    print(table(found))
    return 0 if found.agrees else DISAGREE


def _check_file(file: Path) -> None:
    """InputError, before the work, when the JSON could not be written."""
    if not file.name or file.is_dir():
        raise InputError(f"--json {file} is a folder", f"--json {file / 'score.json'}")
    files.check_writable(file.parent)


def alone(**ignored: object) -> None:
    """InputError when --check is given what it takes from the record itself."""
    given = [name for name, value in ignored.items() if value is not None]
    if given:
        raise InputError(
            f"--check takes everything from the run's record, but {' and '.join(given)} "
            f"{'are' if len(given) > 1 else 'is'} given too",
            "ganbench score --check RUN",
        )


def both(fake: str | None, real: str | None) -> tuple[str, str]:
    """The two sides; InputError when one is missing."""
    if fake is None or real is None:
        raise InputError(
            "two sides are needed: the generated pictures, then the real ones",
            "ganbench score outputs/ paintings/, or ganbench score --check RUN",
        )
    return fake, real


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Bars on standard error if that is a terminal; else not even the import."""
    if not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    from rich.console import Console

    from ganbench.cli import progress

    with progress.preparing(Console(stderr=True)) as tick:
        yield tick
