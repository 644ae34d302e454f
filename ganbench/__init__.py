"""ganbench: train different GANs under one budget, judge them by one protocol, show one page.

From Python: `ganbench.run(models=["dcgan", "cyclegan"], data="scenes")` trains and compares,
`ganbench.load("results")` reads what came of it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganbench.api import InputError as InputError
    from ganbench.api import Results as Results
    from ganbench.api import Run as Run
    from ganbench.api import load as load
    from ganbench.api import run as run

__version__ = "0.1.0"
__all__ = ["InputError", "Results", "Run", "__version__", "load", "run"]


def __getattr__(name: str) -> Any:
    """What is asked for is imported then: `import ganbench` itself loads nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ganbench import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
