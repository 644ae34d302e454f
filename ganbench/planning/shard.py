"""`--shard 2/4`: the second of four commands that share a suite's runs, and need no folder for it.

Which run is whose follows from the suite alone, not from what has been done: every command comes to
the same answer by itself. A model's seeds lie beside each other in the plan, so that every n-th run
takes of each model as many as of the others, give or take one.
"""

import re
from dataclasses import dataclass, replace

from ganbench.errors import InputError
from ganbench.planning.plan import Plan
from ganbench.system.text import shown

FORM = re.compile("([0-9]{1,6})/([0-9]{1,6})")


class NothingToDo(InputError):
    """There are more shards than runs, and this is one of those that have none."""


@dataclass(frozen=True)
class Shard:
    """One of several parts of a suite; the first is 1."""

    place: int
    of: int

    def __str__(self) -> str:
        return f"{self.place}/{self.of}"

    def has(self, position: int) -> bool:
        """Is the run at a position of the plan, from 0 on, this shard's?"""
        return position % self.of == self.place - 1


def parse(text: str) -> Shard:
    """Read `2/4`; InputError when that is no shard."""
    found = FORM.fullmatch(text.strip())
    if not found:
        raise InputError(f'the shard "{shown(text)}" is not understood', "--shard 2/4")
    place, of = map(int, found.groups())
    if not 1 <= place <= of:
        raise InputError(f"there is no shard {place} of {of}: they count from 1", "--shard 1/4")
    return Shard(place, of)


def of_plan(plan: Plan, shard: Shard) -> Plan:
    """The part of `plan` that is this shard's, which knows the whole.

    Models beside are shared out as well, behind the runs. NothingToDo for a shard without a run.
    """
    runs = len(plan.runs)
    if shard.place > runs:
        raise NothingToDo(f"shard {shard} has nothing to do: the shards before it have every run")
    shared = Shard(shard.place, min(shard.of, runs))
    mine = (planned for at, planned in enumerate(plan.runs) if shared.has(at))
    beside = (job for at, job in enumerate(plan.beside, start=runs) if shared.has(at))
    return replace(plan, runs=tuple(mine), beside=tuple(beside), whole=plan, shard=str(shard))


def elsewhere(plan: Plan) -> list[tuple[str, str]]:
    """The runs of the suite that other shards carry out: whose, and which."""
    if plan.whole is None:
        return []
    of = parse(plan.shard).of
    count = min(of, len(plan.whole.runs))
    named = [(p.folder, f"{p.run.label} {p.run.framework} seed {p.run.seed}")
             for p in plan.whole.runs]  # fmt: skip
    named += [(job.out, job.label) for job in plan.whole.beside]
    mine = {planned.folder for planned in plan.runs} | {job.out for job in plan.beside}
    return [
        (f"{at % count + 1}/{of}", said)
        for at, (folder, said) in enumerate(named)
        if folder not in mine
    ]
