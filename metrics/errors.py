"""The one error that is the user's to mend: a sentence, and what to type instead."""


class InputError(ValueError):
    """What is wrong and where, in one sentence; `hint` says what to type instead."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint
