"""What the runner tells of its work, to whoever shows it: a screen, a log, a notebook."""

from types import TracebackType
from typing import Any, Protocol, Self

from ganbench.planning.plan import Planned
from ganbench.record import Record


class Observer(Protocol):
    """Hears of everything, from the first run to the last score; what it does with that is its own.

    It is entered before the first word and left after the last.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> object: ...

    def note(self, text: str) -> None:
        """Something about the whole suite."""

    def warning(self, text: str) -> None:
        """Something about the whole suite that must stay to be read."""

    def line(self, planned: Planned, text: str) -> None:
        """Something about a run."""

    def kept(self, planned: Planned) -> None:
        """A finished record was found."""

    def started(self, planned: Planned, where: str = "") -> None:
        """A worker starts; `where`: on which node, if that is not this machine."""

    def message(self, planned: Planned, message: dict[str, Any]) -> None:
        """A worker reports: of kind "progress" or "event"."""

    def ended(self, planned: Planned, record: Record) -> None:
        """A run has its record."""

    def scored(self, message: dict[str, Any]) -> None:
        """The scorer reports how far it is: "what", "done", "of"."""
