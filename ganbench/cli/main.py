"""The command line: options in, one call out. Nothing heavy is imported before a command runs."""

import errno
import io
import os
import shlex
import sys
import time
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

import ganbench

app = typer.Typer(
    help="Train different GANs on the same pictures under the same budget, and see which to use.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawn boxes cost as much time as all the rest of `--help`
)
data_app = typer.Typer(
    help="Look at a set of pictures, or convert it.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(data_app, name="data")

Results = Annotated[Path, typer.Option("--results", help="Folder for everything that comes out.")]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="Python file with a model; it is run.")
]
Size = Annotated[int | None, typer.Option(help="Pixels on a side.", show_default="by device")]
Source = Annotated[str | None, typer.Option(help="Photographs alone: folder, zip or TFRecords.")]
Target = Annotated[str | None, typer.Option(help="Paintings alone: folder, zip or TFRecords.")]

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


@app.command()
def run(
    suite_file: Annotated[
        Path | None, typer.Argument(metavar="SUITE.toml", help="Same as --suite.")
    ] = None,
    suite: Annotated[Path | None, typer.Option(help="Experiment as a TOML file.")] = None,
    models: Annotated[
        str | None,
        typer.Option(help="For instance dcgan,cyclegan-resnet:norm=group,blocks=6."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Both domains: folder, zip or Kaggle download; or scenes.")
    ] = None,
    source: Source = None,
    target: Target = None,
    swap: Annotated[bool | None, typer.Option("--swap", help="Exchange the domains.")] = None,
    size: Size = None,
    budget: Annotated[
        str | None,
        typer.Option(help="Of each run: 60s, 2h, 10000img, 500step.", show_default="by device"),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="For instance 0,1,2.")] = None,
    frameworks: Annotated[str | None, typer.Option(help="pytorch, tensorflow or both.")] = None,
    metrics: Annotated[str | None, typer.Option(help="For instance fid,mifid.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Resize before scoring: tf or clean.", show_default="tf")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Networks: small or official.", show_default="by device")
    ] = None,
    samples: Annotated[int | None, typer.Option(help="Pictures each model is judged by.")] = None,
    snapshots: Annotated[int | None, typer.Option(help="Points of the learning curve.")] = None,
    frames: Annotated[int | None, typer.Option(help="Frames of the training film.")] = None,
    flip: Annotated[bool | None, typer.Option(help="Mirror half of the pictures.")] = None,
    jitter: Annotated[float | None, typer.Option(help="Enlarge by this and crop.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads of a run.")] = None,
    stop_collapsed: Annotated[
        bool | None, typer.Option("--stop-collapsed", help="End runs that draw one picture.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Folder below the results.")] = None,
    plugin: Plugins = None,
    inception_weights: Annotated[
        Path | None, typer.Option(help="Official weights, if they cannot be downloaded.")
    ] = None,
    results: Results = Path("results"),
    force: Annotated[bool, typer.Option("--force", help="Start finished runs over.")] = False,
    until: Annotated[
        str | None, typer.Option(help="Save and stop after this time: 8h30m.", show_default="no")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
) -> None:
    """Train, judge and compare models; writes results/report.html."""
    from ganbench.cli import commands

    flags: dict[str, Any] = {
        "models": models,
        "data": data,
        "source": source,
        "target": target,
        "swap": swap,
        "size": size,
        "budget": budget,
        "seeds": seeds,
        "frameworks": frameworks,
        "metrics": metrics,
        "protocol": protocol,
        "profile": profile,
        "samples": samples,
        "snapshots": snapshots,
        "frames": frames,
        "flip": flip,
        "jitter": jitter,
        "device": device,
        "threads": threads,
        "stop_collapsed": stop_collapsed,
        "name": name,
        "plugins": tuple(str(path) for path in plugin) if plugin else None,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    command = "ganbench " + shlex.join(sys.argv[1:])
    if suite and suite_file:
        raise typer.BadParameter("the suite is named twice; name one file")
    code = commands.run(
        suite or suite_file, given, results, inception_weights, command, force, dry_run, until
    )
    raise typer.Exit(code)


@app.command()
def score(
    fake: Annotated[
        str | None, typer.Argument(help="Generated pictures: folder, zip, .npy, .npz or run.")
    ] = None,
    real: Annotated[str | None, typer.Argument(help="Real pictures, likewise.")] = None,
    metrics: Annotated[
        str | None, typer.Option(help="For instance fid,kid; see ganbench list metrics.")
    ] = None,
    protocol: Annotated[str, typer.Option(help="Resize: tf or clean.")] = "tf",
    precision: Annotated[str, typer.Option(help="Of the network: fp32 or bf16.")] = "fp32",
    engine: Annotated[str, typer.Option(help="What runs the network: torch or openvino.")] = (
        "torch"
    ),
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps.")] = None,
    inception_weights: Annotated[
        Path | None, typer.Option(help="Official weights, if they cannot be downloaded.")
    ] = None,
    plugin: Annotated[
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
    from ganbench.cli import score as command
    from ganbench.scoring.compare_sets import Settings

    chosen = (
        tuple(filter(None, map(str.strip, metrics.split(",")))) if metrics is not None else None
    )
    settings = Settings(
        chosen, protocol, precision, engine, device, inception_weights, tuple(plugin or ())
    )
    if check is not None:
        command.alone(FAKE=fake, REAL=real, metrics=metrics, json=json_file)
        raise typer.Exit(command.check(check, settings))
    sides = command.both(fake, real)
    raise typer.Exit(command.run(*sides, settings, json_file))


@app.command()
def report(
    results: Annotated[Path, typer.Argument(help="Results folder.")] = Path("results"),
    suite: Annotated[str | None, typer.Option(help="Which suite; by default the newest.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Leave out data pictures, host names and paths.")
    ] = False,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Leave all pictures out.")
    ] = False,
) -> None:
    """Build report.html again from the records alone."""
    from ganbench.cli import commands

    commands.report(results, suite, public, no_pictures)


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(metavar="models|data|metrics")], plugin: Plugins = None
) -> None:
    """List the models, data sets or metrics there are."""
    from ganbench.cli import commands

    commands.list_(what, tuple(plugin or ()))


@app.command()
def check(
    model: Annotated[str, typer.Argument(help="Name of a model, or of a plugin file.")],
    size: Annotated[int, typer.Option(help="Pixels on a side.")] = 32,
    framework: Annotated[
        str | None,
        typer.Option(help="pytorch or tensorflow.", show_default="pytorch, or the file's"),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Try a model on a few tiny pictures: does it keep the contract?"""
    from ganbench.cli import commands

    raise typer.Exit(commands.check(model, size, framework, tuple(plugin or ())))


@app.command()
def convert(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    to: Annotated[str, typer.Option(help="pytorch or tensorflow.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder.", show_default="beside the run")
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Turn the checkpoint of a run into one of the other framework."""
    from ganbench.cli import commands

    commands.convert(run, to, out, tuple(plugin or ()))


@app.command()
def doctor() -> None:
    """Say what is installed, what will be used, what is missing."""
    from ganbench.cli import doctor as examination

    raise typer.Exit(examination.run())


@app.command()
def prepare() -> None:
    """Download the Inception weights (91 MiB, once)."""
    from ganbench.cli import commands

    raise typer.Exit(commands.prepare())


@data_app.command("inspect")
def inspect(
    data: Annotated[str | None, typer.Argument(help="Both domains; by default scenes.")] = None,
    out: Annotated[Path, typer.Option(help="FILE.html or FILE.png.")] = Path("data.html"),
    source: Source = None,
    target: Target = None,
    size: Annotated[int, typer.Option(help="Pixels on a side.")] = 64,
) -> None:
    """Count, compare and draw both domains: contact sheets and colour histograms."""
    from ganbench.cli import commands

    commands.inspect(data, source, target, size, out)


@data_app.command("convert")
def convert_data(
    to: Annotated[str, typer.Option(help="tfrecord, folder or zip.")],
    data: Annotated[str | None, typer.Argument(help="Both domains; by default scenes.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to.", show_default="DATA-tfrecord, DATA.zip")
    ] = None,
    source: Source = None,
    target: Target = None,
    size: Annotated[
        int | None, typer.Option(help="Pixels on a side, of scenes.", show_default="256")
    ] = None,
) -> None:
    """Write the pictures as TFRecords, a folder or a zip; files go over as they are."""
    from ganbench.cli import commands

    commands.convert_data(data, source, target, to, out, size)


def main() -> None:
    """Run a command; the user's mistake becomes one sentence and exit code 2."""
    os.environ["PYTHONSAFEPATH"] = "1"  # what we start imports nothing from the current folder
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name need not be UTF-8
            stream.reconfigure(errors="backslashreplace")
    try:
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
    from ganbench.system.text import printable

    for line in message.splitlines():
        print(printable(line), file=sys.stderr)
    for line in hint.splitlines():
        print(f"  {printable(line)}", file=sys.stderr)
