"""What things are called on Kaggle, by the rules it has for names."""

import re

from ganbench.errors import InputError
from ganbench.system.text import shown
from ganbench.trained.trained_run import TrainedRun

PLACEHOLDER = "YOUR-KAGGLE-NAME"
LONGEST = 50  # letters of a title or of the last part of an address; 6 at least


def user(name: str | None) -> str:
    """A user's name as it stands in addresses; without one, what is to be replaced by it."""
    if name is None:
        return PLACEHOLDER
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{1,49}", name):
        raise InputError(
            f"--user {shown(name)} is no name on Kaggle",
            "it is the last part of your profile's address: kaggle.com/NAME",
        )
    return name


def data_set(run: TrainedRun) -> str:
    """The last part of the data set's address, of letters, digits and hyphens."""
    return _slug(f"ganbench {run.record.model}", run)


def notebook(run: TrainedRun) -> str:
    """Likewise of the notebook; its title is the same with blanks, as Kaggle demands."""
    return _slug(f"ganbench submit {run.record.model}", run)


def title(slug: str) -> str:
    return slug.replace("-", " ")


def _slug(text: str, run: TrainedRun) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return f"{plain[: LONGEST - 9].strip('-')}-{run.record.key}"
