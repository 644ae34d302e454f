"""From what was asked for to what will be done: the way of the command and of `ganbench.run`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganbench.planning import plan, shard
from ganbench.planning.plan import Plan
from ganbench.planning.suite import Suite, overlay, read_suite
from ganbench.runner import extension, stale_runs
from ganbench.runner.mirror import Mirror, Place
from ganbench.scoring import choose_extractors
from ganbench.scoring.choose_extractors import Extractors
from ganbench.system import files
from ganbench.trained import beside

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Prepared:
    """A plan, who judges, and what must be said before it is carried out."""

    plan: Plan
    extractors: Extractors
    notes: tuple[str, ...] = ()
    mirror: Mirror | None = None  # the storage that the results belong to

    def considered(self, extend: bool) -> "Prepared":
        """With what becomes of earlier runs; InputError when none is there to be extended."""
        plan, notes = extension.consider(self.plan, extend)
        return replace(self, plan=plan, notes=(*self.notes, *stale_runs.warnings(plan), *notes))


def chosen(file: Path | None, options: dict[str, Any], where: str = "command line") -> Suite:
    """The suite of a file, or the default one, under what was asked for besides."""
    return overlay(read_suite(file) if file else Suite(), options, where)


def prepare(
    suite: Suite,
    results: Place,
    on_progress: OnProgress,
    *,
    inception_weights: Path | None = None,
    force: bool = False,
    dry: bool = False,
    part: str | None = None,
    weights: bool = False,
) -> Prepared:
    """Resolve `suite` and find who judges it; `dry`: nothing is downloaded and nothing written.

    part: a shard, as 2/4. What a storage has of the suite is brought to its local folder, even
    then; with `weights` those of finished runs too.
    """
    ours = shard.parse(part) if part is not None else None
    if not dry:
        files.check_writable(results.folder)
    mirror, notes = results.mirror, list[str]()
    if mirror and not dry:
        mirror.store.check_writable()

    def fetch(name: str) -> None:
        if mirror:
            notes.extend(mirror.fetch(name, weights))

    made = beside.consider(plan.make(suite, results.folder, on_progress, force, fetch))
    made = shard.of_plan(made, ours) if ours else made
    named, plugins = made.suite.extractors, tuple(map(Path, made.suite.plugins))
    judges = choose_extractors.choose(named, inception_weights, on_progress, dry, plugins)
    return Prepared(made, judges, tuple(notes), mirror)
