"""The process that started a run: what it is told, and whether it wants the run to stop."""

from pathlib import Path
from typing import Any, Protocol

from ganbench.training import history


class Stopped(Exception):
    """We are to stop, in the middle of drawing or of warming up."""


class Channel(Protocol):
    """Where messages go; `gone` when nobody listens any more."""

    gone: bool

    def send(self, kind: str, **content: Any) -> None: ...


class Parent:
    """The way up, and the run's diary, which is told the same events."""

    def __init__(self, folder: Path, channel: Channel):
        self._folder, self._channel = folder, channel
        self._told_to_stop = False

    def stop(self, number: int, frame: Any) -> None:
        """Signal handler: what runs comes to a saved end."""
        self._told_to_stop = True

    @property
    def wants_stop(self) -> bool:
        """Were we told to stop, or is nobody there any more?"""
        return self._told_to_stop or self._channel.gone

    def event(self, kind: str, **content: Any) -> None:
        """Add a line to the run's diary and tell the parent."""
        history.event(self._folder, kind, **content)
        self._channel.send("event", event=kind, **content)

    def progress(self, **content: Any) -> None:
        """Tell how far we are."""
        self._channel.send("progress", **content)

    def alive(self) -> None:
        """Give a sign of life."""
        self._channel.send("alive")

    def breathe(self) -> None:
        """Give a sign of life in the middle of something long; Stopped when we are to stop."""
        if self.wants_stop:
            raise Stopped
        self.alive()
