"""What each command does, in the words of the other modules."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from ganbench import budget, plugins
from ganbench.cli import plan_summary, progress
from ganbench.errors import InputError
from ganbench.planning import plan
from ganbench.planning.suite import Suite, from_values, read_suite, split_models
from ganbench.runner import interrupts, stale_runs, suite_runner
from ganbench.scoring import inception_weights as weights
from ganbench.system import files, frameworks
from ganzoo import registry
from metrics import registry as metric_registry
from metrics.scoring import distinct

LISTS = ("seeds", "frameworks", "metrics")


def run(
    file: Path | None,
    flags: dict[str, Any],
    results: Path,
    inception_weights: Path | None,
    command: str,
    force: bool,
    dry_run: bool,
    until: str | None = None,
) -> int:
    """Plan and carry out a suite, `until` so much time has passed; returns the exit code."""
    began, seconds = time.monotonic(), budget.duration(until) if until else None
    console = progress.Voice(highlight=False, soft_wrap=True)
    suite = from_flags(read_suite(file) if file else Suite(), flags)
    check_metrics(suite)
    if not dry_run:
        files.check_writable(results)
    with progress.preparing(console) as on_progress:
        made = plan.make(suite, results, on_progress, force)
        found = weights.find(inception_weights, _downloading(on_progress), offline=dry_run)
    plan_summary.show(made, found, console)
    for warning in stale_runs.warnings(made):
        console.print(f" note: {warning}", markup=False)
    if dry_run:
        return suite_runner.DONE
    left = None if seconds is None else max(0.0, seconds - (time.monotonic() - began))
    code = suite_runner.execute(
        made, command, found, force, progress.make(console, made.runs), left
    )
    plan_summary.conclude(made, console)
    if code == interrupts.INTERRUPTED:
        again = command.replace(" --force", "")  # which would remove what was saved
        console.print(f" saved. Continue with the same command:  {again}", markup=False)
    return code


def check_metrics(suite: Suite) -> None:
    """Look every metric up; the first one decides, so it must know which way is better."""
    files = plugins.with_metrics(suite.plugins)
    found = distinct([metric_registry.get(name, files) for name in suite.metrics])
    if found and found[0].better == "neither":
        raise InputError(
            f"the first metric decides, but neither end of {found[0].name} is better",
            f"--metrics fid,{','.join(suite.metrics)}",
        )


def from_flags(suite: Suite, flags: dict[str, Any]) -> Suite:
    """Lay what was typed over the suite."""
    values = dict(flags)
    if "models" in values:
        values["models"] = split_models(values["models"])
    for name in LISTS:
        if name in values:
            values[name] = tuple(part.strip() for part in values[name].split(",") if part.strip())
    if "data" in values and not {"source", "target"} & values.keys():
        suite = replace(suite, source=None, target=None)
    if {"source", "target"} & values.keys():
        values.setdefault("data", None)
    checked = from_values(values, "command line")
    return replace(suite, **{name: getattr(checked, name) for name in values})


def _downloading(on_progress: Callable[[str, int, int], None]) -> Callable[[int, int], None]:
    return lambda done, of: on_progress("Inception weights", done, of)


def report(results: Path, suite: str | None, public: bool, no_pictures: bool) -> None:
    """Build the page again."""
    if not results.is_dir():
        raise InputError(f"there is no folder {results}", "ganbench run")
    print(suite_runner.report(results, suite, public=public, no_pictures=no_pictures))


def list_(what: str, plugin_files: tuple[Path, ...]) -> None:
    """Print a table of models, data sets or metrics."""
    if what == "models":
        for model in registry.models(plugins.with_models(plugin_files)):
            print(f"{model.name:<18} {model.framework:<11} {model.about or model.origin}")
    elif what == "metrics":
        list_metrics(plugins.with_metrics(plugin_files))
    elif what == "data":
        plan_summary.list_data()
    else:
        raise InputError(f'there is no list of "{what}"', "ganbench list models, data or metrics")


def list_metrics(plugin_files: tuple[Path, ...]) -> None:
    """One line a metric: name, what is better, what question it answers, title, meaning."""
    found = plugins.metrics(plugin_files)
    rows = [(m.name, f"{m.better} is better", m.kind, m.title, m.about) for m in found]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row[:4], widths, strict=True)]
        print("  ".join([*cells, row[4]]).rstrip())


def check(model: str, size: int, framework: str | None, plugins: tuple[Path, ...]) -> int:
    """Try a model and print one line a question; 0 when it keeps the contract, 2 when not."""
    file = Path(model)
    if file.suffix == ".py":
        plugins, model = (*plugins, file), file.stem.replace("_", "-")
        framework = framework or registry.models(plugins)[-1].framework
    framework = framework or "pytorch"
    found_models = registry.select(model, plugins, framework)
    frameworks.require(framework)
    frameworks.prepare(framework)
    from ganzoo import conformance

    passed = True
    for found in found_models:
        print(f"{found.name} ({found.framework})")
        for answer in conformance.run(found, size):
            passed &= answer.good
            print(f"  {'ok  ' if answer.good else 'FAIL'}  {answer.question}")
            if not answer.good:
                print(f"        {answer.reason}")
            sys.stdout.flush()
    return 0 if passed else 2


def prepare() -> int:
    """Fetch the Inception weights."""
    with progress.preparing(Console(stderr=True)) as on_progress:
        found = weights.find(None, _downloading(on_progress))
    if found.path is None:
        raise InputError(found.problem, "--inception-weights FILE takes a copy from elsewhere")
    print(found.path)
    return 0


def inspect(data: str | None, source: str | None, target: str | None, size: int, out: Path) -> None:
    """Look at both domains."""
    from ganbench.data.inspect import inspect_data

    with progress.preparing(Console(stderr=True)) as on_progress:
        facts = inspect_data(data, source, target, size, out, on_progress=on_progress)
    for sentence in (facts["headline"], facts["health"], facts["colours"], *facts["warnings"]):
        print(sentence)
    print(out)


def convert_data(
    data: str | None,
    source: str | None,
    target: str | None,
    to: str,
    out: Path | None,
    size: int | None,
) -> None:
    """Write a set of pictures in another format; what was left out goes to standard error."""
    from ganbench.data.convert import convert
    from ganbench.system.text import printable, shown

    with progress.preparing(Console(stderr=True)) as on_progress:
        done = convert(data, source, target, to, out, size, on_progress)
    if done.skipped:
        print(f"left out: {len(done.skipped):,} that cannot be used", file=sys.stderr)
    for one in done.skipped:
        print(f"  {shown(one.name)}: {printable(one.reason)}", file=sys.stderr)
    for folder, count in done.counts.items():
        print(f"{count:,} pictures" + f" in {folder}" * bool(folder))
    print(done.place)


def convert(run: Path, to: str, out: Path | None, plugin_files: tuple[Path, ...]) -> None:
    """Turn a run's checkpoint into one of the other framework; says how far the pictures differ."""
    from ganbench.training.convert_checkpoint import convert

    done = convert(run, to, out and out.expanduser(), plugin_files)
    apart = done.pictures
    if apart.count:
        print(
            f"{apart.count} pictures differ by at most {apart.largest} grey levels"
            f" (mean {apart.mean:.2g})"
        )
    else:
        print("no pictures to compare: the run did not come to its end")
    if apart.largest > 1:
        print("note: in fp32, rounding explains one level at most", file=sys.stderr)
    print(f"step {done.step:,}, in {to}: {done.place}")
