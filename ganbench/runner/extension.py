"""A finished run and a larger budget: it is trained anew or, with --extend, goes on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ganbench import budget, record
from ganbench.errors import InputError
from ganbench.jobs import Run, TrainJob
from ganbench.planning.plan import Plan, Planned
from ganbench.runner import suite_part
from ganbench.system import files
from ganbench.system.text import shown
from ganbench.training import checkpoint, history
from ganbench.training.snapshots import Kept


@dataclass(frozen=True)
class _Prospect:
    """A run that has not begun; the finished one that it could go on from, or why there is none."""

    planned: Planned
    base: Path | None = None
    used: str = ""  # the budget of a finished run with a smaller one, usable or not
    why: str = ""
    changed: bool = False  # the pictures of such a one

    @property
    def continued(self) -> Planned:
        """As it is planned with --extend."""
        if self.base is None:
            return self.planned
        used, whole = budget.parse(self.used), budget.parse(self.planned.run.budget)
        return replace(self.planned, continues=self.base, head_start=used.amount / whole.amount)

    def note(self, extend: bool) -> str:
        """What will be done, in a sentence; nothing where that goes without saying."""
        run = self.planned.run
        name = f"{run.label} seed {run.seed}"
        if self.base is None:
            said = extend or self.used or self.changed
            return f"{name} starts from zero: {self.why}" if said else ""
        there = f"{shown(self.base.name)}, which has used up {self.used}"
        if extend:
            return f"{name} goes on from {there}, until {run.budget}"
        return f"{name} is trained anew beside {there}; --extend would continue that one"


def consider(plan: Plan, extend: bool) -> tuple[Plan, list[str]]:
    """The plan, in which with `extend` runs continue finished ones, and what to say of it.

    InputError when something shall be extended and nothing can be.
    """
    there = suite_part.by_what(plan.folder.parent.glob("*/*"))
    prospects = {p.run.key: _prospect(p, there) for p in plan.runs if _is_open(p)}
    bases = [one for one in prospects.values() if one.base]
    if extend and prospects and not bases:
        why = next(iter(prospects.values())).why
        raise InputError(f"nothing can be extended: {why}", "leave --extend out to start from zero")
    notes = [prospect.note(extend) for prospect in prospects.values()]
    notes += _schedules([base.planned for base in bases])
    notes += [_told(planned) for planned in plan.runs if planned.extended]
    if extend:
        runs = (prospects[p.run.key].continued if p.run.key in prospects else p for p in plan.runs)
        plan = replace(plan, runs=tuple(runs))
    return plan, [note for note in notes if note]


def _is_open(planned: Planned) -> bool:
    """Will it start from zero, unless it continues another?"""
    return not planned.finished and not checkpoint.exists(planned.folder)


def _schedules(extendable: list[Planned]) -> Iterator[str]:
    """What an extension does to the schedules, once for all models whose it treats alike."""
    labels: dict[str, list[str]] = {}
    for run in (planned.run for planned in extendable):
        labels.setdefault(budget.on_extension(run.settings, run.budget), []).append(run.label)
    for clause, mine in labels.items():
        yield f"{', '.join(dict.fromkeys(mine))}, extended: {clause}"


def _told(planned: Planned) -> str:
    run, last = planned.run, planned.extended[-1]
    where = f"from {last.budget} at step {last.step:,}"
    return f"{run.label} seed {run.seed} was extended {where}; --force trains it in one go"


def _prospect(planned: Planned, there: dict[str, list[Path]]) -> _Prospect:
    """Choose the finished run with the largest budget below the planned one."""
    run, wanted, why = planned.run, budget.parse(planned.run.budget), ""
    used = ""
    for has, folder, found in sorted(_alike(run, there), key=lambda each: -each[0].amount):
        if has.unit != wanted.unit or has.amount >= wanted.amount:
            why = why or (
                f"{shown(folder.name)} has used {has}, and only a larger budget of the same unit"
                " extends it"
            )
        elif problem := _problem(folder, found):
            used, why = str(has), f"{shown(folder.name)} cannot be extended, {problem}"
        else:
            return _Prospect(planned, folder, str(has))
    absent = (
        f"there is no finished run of {run.label} seed {run.seed} that differs in nothing but a"
        " smaller budget"
    )
    changed = "" if why else _of_other_pictures(run, there)
    return _Prospect(planned, used=used, why=why or changed or absent, changed=bool(changed))


def _of_other_pictures(run: Run, there: dict[str, list[Path]]) -> str:
    """That a run is there which differs in its pictures, and in nothing else but its budget."""
    for folder in there.get(suite_part.what(run.folder), ()):
        try:
            found = record.read(folder)
        except InputError:
            continue
        sides = (found.data.get(side) for side in ("source", "target"))
        prints = [
            str(side.get("fingerprint", "") if isinstance(side, dict) else "") for side in sides
        ]
        as_it = replace(run, budget=found.budget, data=(prints[0], prints[1]))
        if as_it.data != run.data and as_it.key == found.key:
            return f"{shown(folder.name)} learned from other pictures than are there now"
    return ""


def _alike(
    run: Run, there: dict[str, list[Path]]
) -> Iterator[tuple[budget.Budget, Path, record.Record]]:
    """Runs in the results that used up their budget and differ from a planned one in it alone."""
    for folder in there.get(suite_part.what(run.folder), ()):
        try:
            found = record.read(folder)
            has = budget.parse(found.budget)
        except InputError:  # of no use to anybody
            continue
        if found.status.used_all and replace(run, budget=found.budget).key == found.key != run.key:
            yield has, folder, found


def _problem(folder: Path, found: record.Record) -> str:
    """Why a finished run cannot be continued."""
    try:
        there = checkpoint.find(folder)
    except InputError as error:
        return str(error)
    if there is None:
        return "its checkpoint is not there any more"
    if there[1].get("key", found.key) != found.key:
        return "its checkpoint is of another run"
    return ""


def begin(job: TrainJob, base: Path) -> None:
    """Let a run start where the finished one in `base` ended, in which nothing changes.

    It is there whole or not at all. Nothing is done where the run has begun in the meantime.
    """
    folder = job.folder
    if checkpoint.exists(folder):
        return
    there = checkpoint.find(base)
    if there is None:
        raise InputError(f"{base} cannot be extended, its checkpoint is not there any more")
    (place, state, _), used_up = there, record.read(base).budget
    here = record.Extension(used_up, state["steps"], state["seconds"])
    kept = _kept(job, state, base)
    files.sweep(folder.parent, folder.name)
    with files.building(folder) as draft:
        sheets = [str(Path(moment.file).with_suffix(".png")) for moment in kept.snapshots]
        for name in (*history.LOGS, *kept.sha256, *sheets):
            if (path := files.inside(base, name)).exists():
                files.copy(path, draft / name)
        extended = {"key": job.key, "extended": [*state.get("extended", ()), asdict(here)]}
        checkpoint.copy(place, draft, state | kept.state() | extended)
        history.event(draft, "extended", **asdict(here), run=base.name)


def _kept(job: TrainJob, state: dict[str, object], base: Path) -> Kept:
    """Of what a run has kept, what the larger budget's schedule would have."""
    kept, larger = Kept(), budget.parse(job.run.budget)
    kept.restore(state, base)
    kept.reschedule(job.run, lambda now: larger.used(now.seconds, now.pictures, now.step))
    return kept
