"""`ganbench run`: plan a suite, carry it out, say what came of it."""

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganbench.cli import bars
from ganbench.cli.options import (
    Device,
    InceptionWeights,
    Limit,
    Plugins,
    Price,
    ResultsOrAddress,
    Source,
    Target,
)

NOTES = 20  # of runs that start anew or could be extended, before "more"

if TYPE_CHECKING:
    from rich.console import Console

    from ganbench.planning.suite import Suite
    from ganbench.runner.cluster.connection import Cluster
    from ganbench.runner.mirror import Place
    from ganbench.runner.prepare import Prepared


def run(
    context: typer.Context,
    suite_file: Annotated[
        Path | None, typer.Argument(metavar="SUITE.toml", help="Same as --suite.")
    ] = None,
    suite: Annotated[Path | None, typer.Option(help="Experiment as a TOML file.")] = None,
    # Fields of Suite, read from the context below.
    models: Annotated[
        str | None,
        typer.Option(
            help="For instance dcgan,cyclegan-resnet:norm=group,blocks=6.",
            show_default="dcgan,cyclegan",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Folder or zip of two sets: Kaggle's download, trainA and trainB, any two folders,"
            " in train/ or each with one; or scenes. One set is enough for models from noise.",
            show_default="scenes",
        ),
    ] = None,
    source: Source = None,
    target: Target = None,
    swap: Annotated[bool | None, typer.Option("--swap", help="Exchange the domains.")] = None,
    limit: Limit = None,
    size: Annotated[
        int | None, typer.Option(help="Pixels on a side.", show_default="by device")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(help="Of each run: 60s, 2h, 10000img, 500step.", show_default="by device"),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="For instance 0,1,2.", show_default="0")] = None,
    frameworks: Annotated[
        str | None, typer.Option(help="pytorch, tensorflow or both.", show_default="pytorch")
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="For instance fid,mifid, or all; the first decides.",
            show_default="kid and all others but is and fid_infinity",
        ),
    ] = None,
    extractors: Annotated[
        str | None,
        typer.Option(
            "--extractor",
            help="Networks that judge, the leading one first: see ganbench list extractors.",
            show_default="by weights",
        ),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Resize before scoring: tf or clean.", show_default="tf")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Recipe: small, best or official.", show_default="by device")
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(help="Pictures each model is judged by.", show_default="by device"),
    ] = None,
    snapshots: Annotated[
        int | None, typer.Option(help="Points of the learning curve.", show_default="4")
    ] = None,
    frames: Annotated[
        int | None, typer.Option(help="Frames of the training film.", show_default="16")
    ] = None,
    flip: Annotated[
        bool | None, typer.Option(help="Mirror half of the pictures.", show_default="flip")
    ] = None,
    jitter: Annotated[
        float | None, typer.Option(help="Enlarge by this and crop.", show_default="0")
    ] = None,
    held_out: Annotated[
        float | None,
        typer.Option(help="Fraction of both sets to judge by, not to train on.", show_default="0"),
    ] = None,
    judge_on: Annotated[
        str | None,
        typer.Option(help="Of what is held out: all, validation or test.", show_default="all"),
    ] = None,
    device: Device = None,
    threads: Annotated[
        int | None,
        typer.Option(
            help="CPU threads of a run, or of each of its ranks.", show_default="the fastest"
        ),
    ] = None,
    ranks: Annotated[
        int | None,
        typer.Option(
            help="Processes that train each run together; on GPUs one each.", show_default="1"
        ),
    ] = None,
    sync_batchnorm: Annotated[
        bool | None,
        typer.Option("--sync-batchnorm", help="Batch norm over the pictures of all ranks."),
    ] = None,
    eager: Annotated[
        bool | None,
        typer.Option("--eager", help="On a GPU, launch kernel by kernel: no captured steps."),
    ] = None,
    deterministic: Annotated[
        bool | None, typer.Option("--deterministic", help="On a GPU, reproducible kernels.")
    ] = None,
    stop_collapsed: Annotated[
        bool | None, typer.Option("--stop-collapsed", help="End runs that draw one picture.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Folder below the results.")] = None,
    price: Price = None,
    beside: Annotated[
        list[str] | None,
        typer.Option(help="A trained or imported run that is judged too; as often as you like."),
    ] = None,
    plugins: Plugins = None,
    # Of this command alone.
    gpus: Annotated[
        int | None, typer.Option(help="The same as --device cuda --ranks N.", show_default="1")
    ] = None,
    inception_weights: InceptionWeights = None,
    results: ResultsOrAddress = "results",
    force: Annotated[bool, typer.Option("--force", help="Start finished runs over.")] = False,
    extend: Annotated[
        bool, typer.Option("--extend", help="Continue finished runs that had a smaller budget.")
    ] = False,
    until: Annotated[
        str | None, typer.Option(help="Save and stop after this time: 8h30m.", show_default="no")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Only every 4th run, from the 2nd on: 2/4. The other shards may run elsewhere, in"
            " folders of their own; ganbench merge puts them together.",
            show_default="all runs",
        ),
    ] = None,
    save_every: Annotated[
        str | None,
        typer.Option(help="Time between two checkpoints: 5m.", show_default="60s"),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            help="Where the runs are trained: ray, or ray://HOST:10001 for the nodes of a cluster;"
            " slurm for an array job.",
            show_default="here",
        ),
    ] = None,
    partition: Annotated[str | None, typer.Option(help="Of Slurm.")] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave the job to Slurm and return.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
) -> None:
    """Train, judge and compare models; writes results/report.html."""
    from ganbench import budget as budgets
    from ganbench.cli import plan_summary, progress
    from ganbench.runner.mirror import place
    from ganbench.runner.prepare import chosen, prepare, reached

    of_torchrun = _of_torchrun(gpus or ranks)
    if suite and suite_file:
        raise typer.BadParameter("the suite is named twice; name one file")
    if force and extend:
        raise typer.BadParameter("--force starts runs over and --extend continues them; name one")
    options = context.params | _of_gpus(gpus, device, ranks) | of_torchrun
    began, seconds = time.monotonic(), budgets.duration(until) if until else None
    console = progress.Voice(highlight=False, soft_wrap=True)
    where = place(results)
    if on == "slurm":
        asked = chosen(suite or suite_file, options)
        raise typer.Exit(_on_slurm(asked, where, context.params, seconds, console))
    if partition or detach:
        raise typer.BadParameter("--partition and --detach are of --on slurm")
    if where.mirror:
        console.print(f" {where.mirror.address} is kept in {where.folder}", markup=False)
    with reached(on) as cluster:
        with _shared_out(console), bars.on(console) as on_progress:
            ready = prepare(
                chosen(suite or suite_file, options),
                where,
                on_progress,
                inception_weights=inception_weights,
                force=force,
                dry=dry_run,
                part=shard,
                weights=extend,
                save_every=save_every,
                cluster=cluster,
            )
        plan_summary.show(ready.plan, ready.extractors, console, cluster.words if cluster else "")
        ready = ready.considered(extend)
        _say_notes(ready, console)
        if dry_run:
            return
        left = None if seconds is None else max(0.0, seconds - (time.monotonic() - began))
        raise typer.Exit(_carry_out(ready, _command(of_torchrun), force, left, console, cluster))


@contextmanager
def _shared_out(console: "Console") -> Iterator[None]:
    """End without an error where the other shards have every run."""
    from ganbench.planning.shard import NothingToDo

    try:
        yield
    except NothingToDo as words:
        console.print(f" {words}", markup=False)
        raise typer.Exit from None


def _say_notes(ready: "Prepared", console: "Console") -> None:
    """Print what must be said before: of very many runs that start anew the first."""
    from ganbench.cli import plan_summary

    for note in ready.notes[:NOTES]:
        plan_summary.say(console, f" note: {note}", 7)
    if (more := len(ready.notes) - NOTES) > 0:
        console.print(f" note: and {more:,} more of the kind")


def _on_slurm(
    suite: "Suite", where: "Place", typed: dict[str, Any], seconds: float | None, console: "Console"
) -> int:
    """Hand the runs over to Slurm; returns the exit code."""
    from ganbench.runner import interrupts, slurm

    if where.mirror:
        raise typer.BadParameter("--on slurm keeps results in a folder that its nodes share")
    for name in ("shard", "extend", "dry_run"):
        if typed[name]:
            raise typer.BadParameter(f"--{name.replace('_', '-')} does not go with --on slurm")
    more: list[str] = ["--force"] if typed["force"] else []
    for name in ("until", "save_every", "inception_weights"):
        if typed[name]:
            more += [f"--{name.replace('_', '-')}", str(typed[name])]
    order = slurm.Order(typed["partition"], typed["detach"], seconds, tuple(more))

    def say(text: str) -> None:
        console.print(f" {text}", markup=False)

    with interrupts.interruptible() as asks:
        return slurm.carry_out(suite, where.folder, order, say, asks)


def _of_gpus(gpus: int | None, device: str | None, ranks: int | None) -> dict[str, object]:
    """What `--gpus N` means in fields of a suite."""
    if gpus is None:
        return {}
    if device not in (None, "cuda") or ranks not in (None, gpus):
        raise typer.BadParameter("--gpus N is --device cuda --ranks N; name one or the other")
    return {"device": "cuda", "ranks": gpus}


def _of_torchrun(typed: int | None) -> dict[str, object]:
    """What it means for a suite that torchrun has started us; its other processes end here."""
    from ganbench.system.torchrun import launched

    ours = launched()
    if ours is None or ours.count == 1:
        return {}
    if ours.rank:
        words = f"process {ours.rank} of torchrun: process 0 carries the command out"
        print(words, file=sys.stderr)
        raise typer.Exit
    if typed not in (None, ours.count):
        raise typer.BadParameter(
            f"torchrun has started {ours.count} processes, and {typed} ranks are asked for;"
            " name one or the other"
        )
    return {"ranks": ours.count}


def _command(of_torchrun: dict[str, object]) -> str:
    """What was typed, as it would be without torchrun."""
    words = ["ganbench", *sys.argv[1:]]
    if of_torchrun and "--ranks" not in words:
        words += ["--ranks", str(of_torchrun["ranks"])]
    return shlex.join(words)


def _carry_out(
    ready: "Prepared",
    command: str,
    force: bool,
    seconds_left: float | None,
    console: "Console",
    cluster: "Cluster | None",
) -> int:
    """Train, judge, say what came of it; returns the exit code."""
    from ganbench.cli import plan_summary, progress
    from ganbench.runner import interrupts, suite_runner
    from ganbench.system.object_store import StorageError

    plan = ready.plan
    screen = progress.make(console, plan.runs)
    try:
        code = suite_runner.execute(
            plan, command, ready.extractors, force, screen, seconds_left,
            mirror=ready.mirror, cluster=cluster,
        )  # fmt: skip
    except StorageError:  # what could not be pushed is there all the same
        plan_summary.conclude(plan, console)
        raise
    plan_summary.conclude(plan, console)
    if ready.mirror:
        console.print(f" pushed to {ready.mirror.address}", markup=False)
    if code == interrupts.INTERRUPTED:
        again = command.replace(" --force", "")  # which would remove what was saved
        console.print(f" saved. Continue with the same command:  {again}", markup=False)
    return code
