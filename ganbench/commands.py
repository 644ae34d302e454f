"""What each command does, in the words of the other modules."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ganbench import files, overview, plan, runner, screen, weights
from ganbench.errors import InputError
from ganbench.suite import Suite, from_values, read_suite, split_models
from ganzoo import registry
from ganzoo.errors import InputError as ModelError
from metrics import registry as metric_registry
from metrics.errors import InputError as MetricError

USER_ERRORS = (InputError, ModelError, MetricError)
LISTS = ("seeds", "frameworks", "metrics")


def run(
    file: Path | None,
    flags: dict[str, Any],
    results: Path,
    inception_weights: Path | None,
    command: str,
    force: bool,
    dry_run: bool,
) -> int:
    """Plan and carry out a suite; returns the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    suite = from_flags(read_suite(file) if file else Suite(), flags)
    for name in suite.metrics:
        metric_registry.get(name)
    if not dry_run:
        files.check_writable(results)
    with progress(console) as on_progress:
        made = plan.make(suite, results, on_progress, force)
        found = weights.find(inception_weights, _downloading(on_progress), offline=dry_run)
    overview.show(made, found, console)
    if dry_run:
        return runner.DONE
    code = runner.execute(made, command, found, force, screen.make(console, made.runs))
    overview.conclude(made, console)
    if code == runner.INTERRUPTED:
        console.print(f" saved. Continue with the same command:  {command}", markup=False)
    return code


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


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each long preparation on a terminal, nothing elsewhere."""
    columns = (TextColumn(" {task.description}"), BarColumn(24), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        tasks: dict[str, Any] = {}

        def on_progress(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done, total=of)

        yield on_progress


def _downloading(on_progress: Callable[[str, int, int], None]) -> Callable[[int, int], None]:
    return lambda done, of: on_progress("Inception weights", done, of)


def report(results: Path, suite: str | None, public: bool, no_pictures: bool) -> None:
    """Build the page again."""
    if not results.is_dir():
        raise InputError(f"there is no folder {results}", "ganbench run")
    print(runner.report(results, suite, public=public, no_pictures=no_pictures))


def list_(what: str, plugins: tuple[Path, ...]) -> None:
    """Print a table of models, data sets or metrics."""
    if what == "models":
        for model in registry.models(plugins):
            print(f"{model.name:<18} {model.framework:<11} {model.about or model.origin}")
    elif what == "metrics":
        for name in metric_registry.names():
            metric = metric_registry.get(name)
            print(f"{name:<18} {metric.better + ' is better':<18} {metric.title}")
    elif what == "data":
        overview.list_data()
    else:
        raise InputError(f'there is no list of "{what}"', "ganbench list models, data or metrics")


def check(model: str, size: int, plugins: tuple[Path, ...]) -> int:
    """Try a model and print one line a question; 0 when it keeps the contract, 2 when not."""
    file = Path(model)
    if file.suffix == ".py":
        plugins, model = (*plugins, file), file.stem.replace("_", "-")
    from ganzoo import trial

    passed = True
    for found in registry.select(model, plugins):
        print(f"{found.name} ({found.framework})")
        for answer in trial.run(found, size):
            passed &= answer.good
            print(f"  {'ok  ' if answer.good else 'FAIL'}  {answer.question}")
            if not answer.good:
                print(f"        {answer.reason}")
            sys.stdout.flush()
    return 0 if passed else 2


def prepare() -> int:
    """Fetch the Inception weights."""
    with progress(Console(stderr=True)) as on_progress:
        found = weights.find(None, _downloading(on_progress))
    if found.path is None:
        raise InputError(found.problem, "--inception-weights FILE takes a copy from elsewhere")
    print(found.path)
    return 0


def inspect(data: str | None, source: str | None, target: str | None, size: int, out: Path) -> None:
    """Look at both domains."""
    from ganbench.data.inspect import inspect_data

    with progress(Console(stderr=True)) as on_progress:
        facts = inspect_data(data, source, target, size, out, on_progress=on_progress)
    for sentence in (facts["headline"], facts["health"], facts["colours"], *facts["warnings"]):
        print(sentence)
    print(out)
