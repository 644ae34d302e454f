"""Plugin files: which hold models, metrics or extractors. None is run to find out."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ganzoo import registry as zoo
from ganzoo.errors import shown
from metrics import registry as judges
from metrics.errors import InputError
from metrics.extractors import registry as extractors

Files = tuple[Path, ...]
BUILT_IN = {  # names that a plugin cannot have
    "model": {model.name for model in zoo.BUILT_IN},
    "metric": set(judges.BUILT_IN),
    "extractor": set(extractors.BUILT_IN),
}


def with_metrics(files: Iterable[str | Path]) -> Files:
    """The files that hold a metric."""
    return tuple(path for path in map(Path, files) if judges.in_file(path))


def metrics(files: Files) -> list[judges.Metric]:
    """All metrics there are; an installed one that does not load is left out with a word.

    InputError for a broken one in `files`, which somebody named.
    """
    return _that_load(judges, files)


def feature_extractors(files: Files) -> list[extractors.ExtractorSpec]:
    """All extractors there are, as `metrics`."""
    return _that_load(extractors, files)


def _that_load(registry: Any, files: Files) -> list[Any]:
    named = {name for file in files for name in registry.in_file(file)}
    found = []
    for name in registry.names(files):
        try:
            found.append(registry.get(name, files))
        except InputError as error:
            if name in named or name in registry.BUILT_IN:
                raise
            print(f"note: left out: {error}", file=sys.stderr)
    return found


def with_models(files: Iterable[str | Path]) -> Files:
    """The files that hold a model, and those that hold nothing: ganzoo says what they lack."""
    return tuple(
        path
        for path in map(Path, files)
        if zoo.holds_model(path) or not (judges.in_file(path) or extractors.in_file(path))
    )


def unused(files: Iterable[str | Path], named: Iterable[str], models: bool = True) -> list[str]:
    """A sentence for each file of which nothing is among the names of what is used.

    `models`: whether models could be; where pictures are scored, none can.
    """
    named, found = set(named), []
    for path in map(Path, files):
        held = dict.fromkeys(judges.in_file(path), "--metrics all")
        held |= {
            name: f"--extractor efficientnet-lite0,{name}" for name in extractors.in_file(path)
        }
        if models and zoo.holds_model(path):
            held[zoo.called(path)] = f"--models {zoo.called(path)},dcgan"
        if held and not named & held.keys():
            name, how = next(iter(held.items()))
            found.append(f"nothing of {shown(str(path))} is used: {how} uses {name}")
    return found
