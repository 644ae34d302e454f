"""How long a run may train: seconds of training, target pictures shown, or steps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ganbench.errors import InputError
from ganbench.system.text import shown

MOST = 1e12  # of seconds, pictures or steps: thirty thousand years
LEAST = 1e-6  # what is still told apart from 0 when a budget is written down
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600}
# Settings by which something falls with the used fraction of a budget; at 1 nothing does.
FALLING = ("decay_from", "cycle_decay", "identity_decay")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_FORM = re.compile(r"(?P<amount>\d+(\.\d+)?)(?P<unit>steps?|img|min|s|m|h)")


@dataclass(frozen=True)
class Budget:
    """An amount of one of three things."""

    amount: float
    unit: Literal["seconds", "pictures", "steps"]

    def used(self, seconds: float, pictures: int, steps: int) -> float:
        """Fraction used, 0 to 1."""
        spent = {"seconds": seconds, "pictures": pictures, "steps": steps}[self.unit]
        return min(1.0, spent / self.amount)

    def __str__(self) -> str:
        amount = f"{self.amount:f}".rstrip("0").rstrip(".")  # never 1e+06
        return amount + {"seconds": "s", "pictures": "img", "steps": "step"}[self.unit]


def duration(text: str, hint: str = "--until 8h30m, 90m or 30s") -> float:
    """Seconds of `8h30m` or `90s`; hint: what to type for one."""
    try:
        found = parse(text)
    except InputError:
        found = None
    if found is None or found.unit != "seconds":
        raise InputError(f'"{shown(text)}" is no duration', hint)
    return found.amount


def parse(text: str) -> Budget:
    """Read `90s`, `8h30m`, `10000img` or `500step`."""
    asked = f'budget "{shown(text)}"'
    compact = _THOUSANDS.sub("", text.replace(" ", "")).lower()
    parts = list(_FORM.finditer(compact))
    units = [part["unit"] for part in parts]
    if not parts or "".join(part[0] for part in parts) != compact:
        raise InputError(
            f"{asked} is not understood", "--budget 60s, 2h, 8h30m, 10000img or 500step"
        )
    if all(unit in _SECONDS for unit in units):
        budget = Budget(sum(float(p["amount"]) * _SECONDS[p["unit"]] for p in parts), "seconds")
    elif len(parts) == 1:
        amount = float(parts[0]["amount"])
        budget = Budget(amount, "pictures" if units[0] == "img" else "steps")
    else:
        raise InputError(f"{asked} mixes units", "--budget 60s, 10000img or 500step")
    if budget.amount < LEAST:
        raise InputError(f"{asked} is zero", "--budget 60s, 10000img or 500step")
    if not budget.amount <= MOST:
        raise InputError(f"{asked} is too large", "--budget 60s, 10000img or 500step")
    return budget


def on_extension(settings: Mapping[str, Any], budget: str) -> str:
    """What becomes of a schedule when a used-up budget is extended to `budget`, in a clause."""
    falling = [f"{name}={settings[name]}" for name in FALLING if settings.get(name, 1) != 1]
    if falling:
        return (
            f"what had fallen by the smaller budget ({', '.join(falling)}) rises again to where the"
            f" larger one has it, so {budget} in one go would have been another training"
        )
    if FALLING[0] in settings:
        return "its settings let nothing fall with the budget"
    return "whatever it schedules by the budget goes by the larger one from there on"
