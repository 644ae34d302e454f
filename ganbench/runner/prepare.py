"""From what was asked for to what will be done: the way of the command and of `ganbench.run`."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench import budget, plugins
from ganbench.planning import plan, shard
from ganbench.planning.plan import Plan
from ganbench.planning.suite import (
    Suite,
    overlay,
    read_suite,
    require_one_rank,
    require_same_precision,
)
from ganbench.runner import extension, stale_runs
from ganbench.runner.mirror import Mirror, Place
from ganbench.scoring import choose_extractors
from ganbench.scoring.choose_extractors import Extractors
from ganbench.system import files
from ganbench.trained import beside

if TYPE_CHECKING:
    from ganbench.runner.cluster.connection import Cluster

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


def reached(on: str | None) -> AbstractContextManager["Cluster | None"]:
    """The cluster that was named, as long as it is needed; None: all is done on this machine."""
    if on is None:
        return nullcontext()
    from ganbench.runner.cluster import connection

    return connection.connected(on)


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
    save_every: str | None = None,
    cluster: "Cluster | None" = None,
) -> Prepared:
    """Resolve `suite` and find who judges it; `dry`: nothing is downloaded and nothing written.

    part: a shard, as 2/4. What a storage has of the suite is brought to its local folder, even
    then; with `weights` those of finished runs too. save_every: a duration, as 5m. cluster: where
    the runs are to be carried out, if not here.
    """
    seconds = budget.duration(save_every, "--save-every 5m") if save_every else None
    ours = shard.parse(part) if part is not None else None
    if cluster:
        require_one_rank(suite)
    if ours:
        require_same_precision(suite)
    if not dry:
        files.check_writable(results.folder)
    mirror, notes = results.mirror, list[str]()
    if mirror and not dry:
        mirror.store.check_writable()

    def fetch(name: str) -> None:
        if mirror:
            notes.extend(mirror.fetch(name, weights))

    ask = cluster.inspect if cluster else None
    made = plan.make(suite, results.folder, on_progress, force, fetch, ask)
    made = replace(made, save_seconds=seconds)
    if cluster and made.device != "cpu":
        made = replace(made, judged_on=plan.best_device_here())
    made = beside.consider(made)
    made = shard.of_plan(made, ours) if ours else made
    named, brought = made.suite.extractors, tuple(map(Path, made.suite.plugins))
    judges = choose_extractors.choose(named, inception_weights, on_progress, dry, brought)
    whole = made.whole or made
    models = {planned.run.model for planned in whole.runs}
    models |= {job.trained.model.name for job in whole.beside}
    notes += plugins.unused(brought, {*models, *made.suite.metrics, *named})
    return Prepared(made, judges, tuple(notes), mirror)
