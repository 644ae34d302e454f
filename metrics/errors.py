"""The one error that is the user's to mend: a sentence, and what to type instead."""


class InputError(ValueError):
    """What is wrong and where, in one sentence; `hint` says what to type instead."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


def shown(text: str) -> str:
    """A name from outside for a message: without letters that cannot be printed, and cut."""
    return "".join(letter if letter.isprintable() else "_" for letter in text[:200])
