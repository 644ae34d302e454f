"""The one error that is the user's to mend: a sentence, and what to type instead."""


class InputError(ValueError):
    """What is wrong and where, in one sentence; `hint` says what to type instead. Exit code 2."""

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.hint = hint


def first_line(error: Exception) -> str:
    """What went wrong in a line; TensorFlow begins with words that say nothing."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if "Graph execution error" not in line]
    return f"{type(error).__name__}: {(said or lines or [''])[0].strip()}"[:300]
