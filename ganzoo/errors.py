"""The one error of this package that is the user's to mend."""


class InputError(ValueError):
    """What is wrong with a model's name, settings or file; `hint` says what to type instead."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


def shown(text: str) -> str:
    """A name from outside for a message: without letters that cannot be printed, and cut."""
    return "".join(letter if letter.isprintable() else "_" for letter in text[:200])
