"""What an hour of the machine costs: 0.35/h, $0.35/h, 0.35 EUR/h."""

import re
from dataclasses import dataclass

from ganbench.errors import InputError
from ganbench.system.text import shown

_SIGN = r"[^\W\d_]{1,3}|[$€£¥₹]"  # of a currency: EUR, CHF, $
_FORM = re.compile(
    rf"(?P<before>{_SIGN})? ?(?P<amount>\d{{1,9}}(\.\d{{1,6}})?) ?(?P<after>{_SIGN})?/ ?h(our)?"
)


@dataclass(frozen=True)
class Price:
    """An amount by the hour, in a currency that may be left unsaid."""

    amount: float
    before: str = ""  # sign of the currency in front of an amount
    after: str = ""  # or behind it

    def of(self, seconds: float) -> float:
        """What so many seconds cost."""
        return self.amount * seconds / 3600

    def written(self, amount: str) -> str:
        """An amount in this currency."""
        gap = " " if len(self.before) > 1 else ""
        return f"{self.before}{gap}{amount}" + (f" {self.after}" if self.after else "")


def parse(text: str) -> Price:
    """Read a price by the hour; InputError says how to type one."""
    found = _FORM.fullmatch(" ".join(text.split()))
    if found is None or (found["before"] and found["after"]):
        raise InputError(
            f'price "{shown(text)}" is not understood',
            "--price 0.35/h, or in quotes: '$0.35/h', '0.35 EUR/h'",
        )
    return Price(float(found["amount"]), found["before"] or "", found["after"] or "")
