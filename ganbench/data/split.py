"""Which pictures are trained on and which are only judged by."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ganbench.data.batches import probe_order
from ganbench.data.store import FEWEST, Domain
from ganbench.errors import InputError

JudgeOn = Literal["all", "validation", "test"]
HALVES = {"all": (0, 1), "validation": (0,), "test": (1,)}  # of the numbers, when halved


@dataclass(frozen=True)
class Split:
    """What is held out of a domain, and which part of that judges.

    Whoever tries many recipes and keeps the best by its score has trained on the pictures that gave
    the score. So a half of what is held out, "validation", chooses, and the other, "test", tells.
    """

    held_out: float = 0.0  # fraction of a domain; 0: models are trained and judged on all of it
    judge_on: str = "all"  # of what is held out

    def trained(self, domain: Domain) -> np.ndarray:
        """Places of the pictures that models are trained on, in the domain's order."""
        return np.flatnonzero(self._ranks(domain) < 0) if self.held_out else _all(domain)

    def judged(self, domain: Domain) -> np.ndarray:
        """Places of the pictures that models are judged by, in the domain's order."""
        if not self.held_out:
            return _all(domain)
        ranks = self._ranks(domain)
        return np.flatnonzero((ranks >= 0) & np.isin(ranks % 2, HALVES[self.judge_on]))

    def _ranks(self, domain: Domain) -> np.ndarray:
        """Number of each picture among those held out, by the hash of its name; -1: trained on.

        Pictures that are identical once prepared have one number: none is on both sides.
        """
        first = {name: group[0] for group in domain.duplicates for name in group}
        same = [first.get(name, name) for name in domain.names]
        distinct = list(dict.fromkeys(same))
        ordered = [distinct[place] for place in probe_order(distinct)]
        held = ordered[: round(self.held_out * len(ordered))]
        rank = {name: number for number, name in enumerate(held)}
        return np.array([rank.get(name, -1) for name in same])

    def check(self, domain: Domain) -> None:
        """Refuse a split that leaves a side with fewer pictures than can be compared."""
        for places, what in ((self.trained(domain), "train on"), (self.judged(domain), "judge by")):
            if len(places) < FEWEST:
                raise InputError(
                    f"held_out {self.held_out:g} leaves {len(places)} of the"
                    f" {len(domain.names)} pictures of {domain.title} to {what}",
                    f"at least {FEWEST} are needed; --held-out 0.3{_or_more(domain)}",
                )


def _or_more(domain: Domain) -> str:
    return ", or a larger --limit" if domain.taken_of else ""


def _all(domain: Domain) -> np.ndarray:
    return np.arange(len(domain.names))
