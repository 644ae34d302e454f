"""`ganbench doctor` and `prepare`: what this machine has, and what it lacks."""

from functools import partial

import typer

from ganbench.cli import bars
from ganbench.errors import InputError


def doctor() -> None:
    """Say what is installed, what will be used, what is missing."""
    from ganbench.cli import doctor
    from ganbench.system.environment import with_our_pip

    failed = False
    for kind, words in doctor.examine():
        failed |= kind == "FAIL"
        print(f"  {kind:<5} {with_our_pip(words)}")
    raise typer.Exit(2 if failed else 0)


def prepare() -> None:
    """Download the Inception weights (91 MiB, once)."""
    from ganbench.scoring import find_weights

    with bars.on_stderr() as on_progress:
        found = find_weights.find(None, partial(on_progress, "Inception weights"))
    if found.path is None:
        raise InputError(found.problem, "--inception-weights FILE takes a copy from elsewhere")
    print(found.path)
