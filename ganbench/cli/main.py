"""The command line. Nothing heavy is imported before a command runs: its function imports it."""

import errno
import io
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Annotated

import typer

import ganbench
from ganbench.cli import (
    card,
    compare,
    data,
    export,
    generate,
    import_,
    installation,
    kaggle,
    ls,
    merge,
    models,
    new,
    open_,
    report,
    run,
    score,
    submit,
    translate,
)
from ganbench.cli.command import App
from ganbench.system import variables

app = App(
    help="Train different GANs on the same pictures under the same budget, and see which to use.",
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
)
# What a disk, its quotas and its owner may refuse at any moment.
OUR_SURROUNDINGS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.ESTALE),
    *(errno.ENOLCK, errno.ENOSYS),  # a disk without locks
}
AGAIN = "mend that and give the same command again: what was finished is kept"


def _version(wanted: bool) -> None:
    if wanted:
        print(f"ganbench {ganbench.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
) -> None:
    if debug:
        os.environ["GANBENCH_DEBUG"] = "1"


app.command()(run.run)
app.command()(score.score)
app.command()(report.report)
app.command("open")(open_.open_)
app.command()(ls.ls)
app.command()(merge.merge)
app.command()(compare.compare)
app.command()(card.card)
app.command()(translate.translate)
app.command()(generate.generate)
app.command()(submit.submit)
app.command()(export.export)
app.command("list")(models.list_)
app.command()(models.check)
app.command()(models.convert)
app.command()(new.new)
app.command("import")(import_.import_)
app.command()(installation.doctor)
app.command()(installation.prepare)
app.add_typer(data.app, name="data")
app.add_typer(kaggle.app, name="kaggle")


def main() -> None:
    """Run a command; the user's mistake becomes one sentence and exit code 2."""
    os.environ["PYTHONSAFEPATH"] = "1"  # what we start imports nothing from the current folder
    variables.settle()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name need not be UTF-8
            stream.reconfigure(errors="backslashreplace")
    try:
        _refuse_empty(sys.argv[1:])
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get("GANBENCH_DEBUG"):
            raise
        if isinstance(error, _user_errors()):
            _complain(f"error: {error}", getattr(error, "hint", ""))
            sys.exit(2)
        if isinstance(error, OSError) and error.errno in OUR_SURROUNDINGS:
            _complain(f"error: {_of_system(error)}", AGAIN)
            sys.exit(2)
        _complain(f"error: this is our mistake, not yours: {error}", _keep(traceback.format_exc()))
        sys.exit(1)


def _refuse_empty(words: list[str]) -> None:
    """InputError for an argument without a letter, which a shell makes of what is not set."""
    from ganbench.errors import InputError

    for before, word in zip(["", *words], words, strict=False):
        name, equals, value = word.partition("=")
        alone = not word and before.startswith("--") and "=" not in before
        if not word or (word.startswith("--") and equals and not value):
            what = before if alone else name or "an argument"
            raise InputError(f"{what} is empty", "is a variable of the shell not set?")


def _of_system(error: OSError) -> str:
    """What the system says of a file."""
    of = f"{error.filename}: " if error.filename else ""
    return f"{of}{error.strerror}"


def _user_errors() -> tuple[type[Exception], ...]:
    from ganbench.system.user_errors import USER_ERRORS

    return USER_ERRORS


def _keep(details: str) -> str:
    crash = Path(f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt")
    try:
        crash.write_text(details, encoding="utf-8")
    except OSError:
        return details
    return f"details are in {crash}"


def _complain(message: str, hint: str) -> None:
    from ganbench.system.environment import with_our_pip
    from ganbench.system.text import printable

    for line in message.splitlines():
        print(printable(line), file=sys.stderr)
    for line in with_our_pip(hint).splitlines():
        print(f"  {printable(line)}", file=sys.stderr)
