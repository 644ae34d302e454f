"""What a comparison must not do: `fid>+3` is missed where FID rises by more than 3."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ganbench.errors import InputError
from ganbench.record import Score
from ganbench.report import formatting
from ganbench.report.analysis.before_after import BROKE, GONE, NEW, NOT_COMPARABLE, Change
from ganbench.system.text import shown

FORM = 'for instance "lite0_kd>5%", "fwd>+0.1" or, where higher is better, "lite0_recall<-0.05"'
_GATE = re.compile(r"([^<>]+)([<>])\s*([+-]?)\s*(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})\s*(%?)")


@dataclass(frozen=True)
class Gate:
    """A bound on after - before, in the metric's unit or in percent of before."""

    text: str
    metric: str  # as typed
    above: bool  # missed above the limit; otherwise below it
    limit: float
    percent: bool


@dataclass(frozen=True)
class Miss:
    """A model that missed a gate: by how much, or why it could not be held against it."""

    gate: Gate
    name: str
    amount: float | None = None  # what it changed by, in the gate's unit
    why: str = ""

    @property
    def beyond(self) -> float | None:
        """By how much the limit is missed."""
        return None if self.amount is None else abs(self.amount - self.gate.limit)

    @property
    def sentence(self) -> str:
        """cyclegan-unet misses fid>+3 by 1.2: it changed by +4.2."""
        if self.amount is None or self.beyond is None:
            return f"{self.name} misses {self.gate.text}: {self.why}"
        unit = " %" if self.gate.percent else ""
        sign = "+" if self.amount > 0 else ""
        by, changed = (formatting.number(value) + unit for value in (self.beyond, self.amount))
        return f"{self.name} misses {self.gate.text} by {by}: it changed by {sign}{changed}"


def parse(text: str) -> Gate:
    """Read one gate; InputError with what to type when it is none."""
    found = _GATE.fullmatch(text.strip())
    if found is None or not found[1].strip():
        raise InputError(f'"{shown(text)}" is no gate', f"--fail-if: {FORM}")
    metric, sign, direction, digits, percent = found.groups()
    if not direction and not percent:
        typed = f"{metric.strip()}{sign}{'+' if sign == '>' else '-'}{digits}"
        raise InputError(
            f'"{shown(text)}" does not say whether the change or the number itself is meant',
            f'--fail-if "{shown(typed)}" bounds the change',
        )
    below = direction == "-" or (not direction and sign == "<")
    limit = -float(digits) if below else float(digits)
    return Gate(text.strip(), metric.rstrip(), sign == ">", limit, bool(percent))


def check_direction(gate: Gate, score: Score) -> None:
    """InputError when a gate would be missed by what gets better."""
    if score.better != "neither" and gate.above == (score.better == "higher"):
        bound = gate.text[len(gate.metric) :].translate(str.maketrans("<>+-", "><-+"))
        raise InputError(
            f"{shown(gate.text)} would fail what gets better: {score.better} is better for "
            f"{score.name}",
            f'--fail-if "{shown(gate.metric + bound)}"',
        )


def misses(gate: Gate, found: Sequence[Change]) -> list[Miss]:
    """Models that a gate does not let pass. A model that broke, or of which a seed did, misses all.

    New and gone models have nothing to be held against. InputError when that is true of all.
    """
    held = [change for change in found if change.verdict not in (NEW, GONE)]
    able = [c for c in held if c.amount is not None or _why(c)]
    if not able:
        raise InputError(
            f"no model has a number before and after that {shown(gate.text)} could be held against"
        )
    return [miss for change in able if (miss := _miss(gate, change))]


def _miss(gate: Gate, change: Change) -> Miss | None:
    if why := _why(change):
        return Miss(gate, change.name, why=why)
    amount = _amount(gate, change)
    missed = amount > gate.limit if gate.above else amount < gate.limit
    if missed and math.isinf(amount):
        return Miss(gate, change.name, why="it was 0 before, of which nothing is a percentage")
    return Miss(gate, change.name, amount) if missed else None


def _why(change: Change) -> str:
    """Why a model misses every gate, whatever its numbers are."""
    if change.verdict == BROKE:
        return f"it {change.ended}"
    if change.lost:
        return formatting.some(change.lost, 3)
    if change.verdict == NOT_COMPARABLE:
        return f"not comparable ({change.reasons[0]})"
    return "" if change.after is not None or change.before is None else "it has no number after"


def _amount(gate: Gate, change: Change) -> float:
    amount, before = change.amount, change.before
    assert amount is not None and before is not None
    if not gate.percent:
        return amount
    return 100 * amount / abs(before) if before else math.copysign(math.inf, amount) * bool(amount)
