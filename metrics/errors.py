"""The one error that is the user's to mend, and where other people's arose."""

import traceback
from pathlib import Path


class InputError(ValueError):
    """What is wrong and where, in one sentence; `hint` says what to type instead."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


def shown(text: str) -> str:
    """A name from outside for a message: without letters that cannot be printed, and cut."""
    return "".join(letter if letter.isprintable() else "_" for letter in text[:200])


def raised_at(error: BaseException, file: str | Path) -> str:
    """The last line of `file` that an error came by: "my_metric.py:12, in measure"."""
    name = Path(file).name
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{name}:{f.lineno}, in {f.name}" for f in frames if Path(f.filename).name == name]
    return places[-1] if places else ""
