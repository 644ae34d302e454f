"""Variables that libraries read, set so that no value of the user's ends or bends a command."""

import os
import warnings

# A notebook tells every process that it starts to draw into the notebook, by a module that need
# not be installed here; our figures are files, and look alike whatever a matplotlibrc says.
OURS = {"MPLBACKEND": "agg", "MATPLOTLIBRC": os.devnull}
HARMLESS = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


def settle() -> None:
    """Set them for this process and all that it starts, before a library is imported."""
    os.environ |= OURS
    # As errors, a library's hints for its developers would end the command.
    if os.environ.pop("PYTHONWARNINGS", None) is not None:
        warnings.resetwarnings()
        for kind in HARMLESS:
            warnings.simplefilter("ignore", kind)


def of_children() -> dict[str, str]:
    """What our processes are started with, wherever we run: a kernel's own variables stay its."""
    told = {"PYTHONSAFEPATH": "1", **OURS}  # nothing is imported from the current folder
    return {name: v for name, v in os.environ.items() if name != "PYTHONWARNINGS"} | told
