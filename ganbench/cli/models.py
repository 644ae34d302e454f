"""`ganbench list`, `check` and `convert`: what there is, and what one can do with a model alone."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from ganbench.cli.options import Plugins, Size, here
from ganbench.errors import InputError


def list_(
    what: Annotated[str, typer.Argument(metavar="models|settings|data|metrics|extractors")],
    plugins: Plugins = None,
) -> None:
    """List the models, their settings, data sets, metrics or extractors there are."""
    lists = {
        "models": _list_models,
        "settings": _list_settings,
        "data": _list_data,
        "metrics": _list_metrics,
        "extractors": _list_extractors,
    }
    if what not in lists:
        raise InputError(f'there is no list of "{what}"', f"ganbench list {', '.join(lists)}")
    lists[what](tuple(plugins or ()))


def _list_models(files: tuple[Path, ...]) -> None:
    from ganbench import plugins
    from ganzoo import registry

    for model in registry.models(plugins.with_models(files)):
        print(f"{model.name:<18} {model.framework:<11} {model.about or model.origin}")


def _list_settings(_: tuple[Path, ...]) -> None:
    """What can be set on each built-in model: its value in each profile, and what it may be."""
    from ganzoo.settings import BY_MODEL, PROFILES, choices, typed

    for model, kind in BY_MODEL.items():
        print(model)
        hints, rows = get_type_hints(kind), [("", *PROFILES, "may be")]
        for name, value in vars(kind()).items():
            values = (profile.get(kind, {}).get(name, value) for profile in PROFILES.values())
            rows.append((name, *map(typed, values), choices(hints[name])))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
            print(f"  {'  '.join(cells)}".rstrip())


def _list_metrics(files: tuple[Path, ...]) -> None:
    """One line a metric: name, what is better, what question it answers, title, meaning."""
    from ganbench import plugins

    found = plugins.metrics(plugins.with_metrics(files))
    rows = [(m.name, f"{m.better} is better", m.kind, m.title, m.about) for m in found]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row[:4], widths, strict=True)]
        print("  ".join([*cells, row[4]]).rstrip())


def _list_extractors(files: tuple[Path, ...]) -> None:
    """Name, numbers a picture, pixels, licence, and what it is good for."""
    from ganbench import plugins

    for spec in plugins.feature_extractors(files):
        print(
            f"{spec.name:<18}  {spec.features:>5} features  {spec.side} px  {spec.licence:<10}"
            f"  {spec.about}"
        )


def _list_data(_: tuple[Path, ...]) -> None:
    from ganbench.data.scenes import COUNTS

    photos, paintings = COUNTS["photo"], COUNTS["painting"]
    print(f"scenes              embedded: {photos} photographic, {paintings} painted landscapes")
    print("FOLDER or FILE.zip  Kaggle download, CycleGAN layout (trainA, trainB), or two folders;")
    print("                    of train/ and test/ the training split")
    print("--source --target   one folder, zip or set of TFRecords each; models from noise alone")
    print("                    need only --target, or --data FOLDER with one set")


def check(
    model: Annotated[
        str,
        typer.Argument(
            help="For instance dcgan, dcgan:ema=0.999, my_gan.py, my_gan.py:batch=8; or a file with"
            " a metric or an extractor."
        ),
    ],
    size: Size = 32,
    steps: Annotated[int, typer.Option(help="Of the longest lesson.", min=3, max=10_000)] = 20,
    framework: Annotated[
        str | None,
        typer.Option(help="pytorch or tensorflow.", show_default="pytorch, or the file's"),
    ] = None,
    plugins: Plugins = None,
) -> None:
    """Try a model, metric or extractor on a few tiny pictures: does it keep the contract?"""
    from ganbench.plugins import with_models

    files, of_file = tuple(plugins or ()), re.fullmatch(r"(.+?\.py)(:.*)?", model)
    passed: Iterator[bool]
    if not of_file:
        passed = _check_models(model, files, size, steps, framework or "pytorch")
    elif with_models([file := Path(of_file[1])]):
        named = f"{file.stem.replace('_', '-')}{of_file[2] or ''}"
        passed = _check_models(named, (*files, file), size, steps, framework)
    else:
        passed = _check_judges(file)
    raise typer.Exit(0 if all(list(passed)) else 2)


def _check_models(
    named: str, files: tuple[Path, ...], size: int, steps: int, framework: str | None
) -> Iterator[bool]:
    """Check all that are called so; without a framework in that of the last file."""
    from ganbench.planning.suite import choices
    from ganbench.system import frameworks
    from ganzoo import conformance, registry

    (choice,) = choices((named,))
    framework = framework or registry.models(files)[-1].framework
    found = registry.select(choice.name, files, framework)
    frameworks.require(framework)
    frameworks.prepare(framework)
    for each in found:
        answers = conformance.run(each, size, changes=choice.settings, steps=steps)
        yield _passes(f"{each.name} ({each.framework})", answers)


def _check_judges(file: Path) -> Iterator[bool]:
    """Check the metrics and extractors of a file."""
    from functools import partial

    from ganzoo.errors import raised_at
    from metrics import conformance, registry
    from metrics.extractors import registry as extractors

    place = partial(raised_at, file=file)
    for name in registry.in_file(file):
        answers = conformance.run(registry.get(name, (file,)), place)
        yield _passes(f"{name} (metric)", answers)
    for name in extractors.in_file(file):
        from metrics.extractors import conformance as of_extractors

        spec = extractors.get(name, (file,))
        yield _passes(f"{name} (extractor)", of_extractors.run(spec, place))


def _passes(title: str, answers: Iterator[Any]) -> bool:
    """Print one line a question, as soon as it is answered."""
    print(title)
    passed, before = True, ""
    for answer in answers:
        passed &= answer.good
        if answer.good and answer.reason:
            print(f"  note  {answer.reason}")
            continue
        print(f"  {'ok  ' if answer.good else 'FAIL'}  {answer.question}")
        if not answer.good:
            print(f"        {answer.reason if answer.reason != before else 'the same'}")
            before = answer.reason
        sys.stdout.flush()
    return passed


def convert(
    run: Annotated[Path, typer.Argument(metavar="RUN", callback=here, help="Folder of a run.")],
    to: Annotated[str, typer.Option(help="pytorch or tensorflow.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder.", show_default="beside the run")
    ] = None,
    plugins: Plugins = None,
) -> None:
    """Turn the checkpoint of a run into one of the other framework."""
    from ganbench.training.convert_checkpoint import convert

    done = convert(run, to, out and out.expanduser(), tuple(plugins or ()))
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
