"""What several commands say on standard error, each in one way."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganbench.data.store import Skipped


def notes(sentences: Iterable[str]) -> None:
    """What must be known beside the result."""
    from ganbench.system.text import printable

    for sentence in sentences:
        print(f"note: {printable(sentence)}", file=sys.stderr)


def left_out(skipped: "Sequence[Skipped]", why: str = "cannot be read") -> None:
    """The files that were passed over, and the reason for each."""
    from ganbench.system.text import printable, shown

    if skipped:
        print(f"left out: {len(skipped):,} that {why}", file=sys.stderr)
    for one in skipped:
        print(f"  {shown(one.name)}: {printable(one.reason)}", file=sys.stderr)


def drawn(count: int, kept: int, verb: str, run: str) -> str:
    """How many pictures a run's model made now, and how many it had made before."""
    before = f", {kept:,} were there already" if kept else ""
    return f"{count:,} picture{'s' * (count != 1)} {verb}{before}, by {run}"
