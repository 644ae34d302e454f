"""How pictures are judged: pictures -> features -> statistics -> number. Imports no torch.

`metrics.score(generated, real)` scores two arrays of pictures; see metrics/compare.py.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metrics.compare import score

__all__ = ["score"]


def __getattr__(name: str) -> Any:
    """Load `score` when it is first asked for: most of `metrics` is imported without it."""
    if name != "score":
        raise AttributeError(f"module 'metrics' has no attribute {name!r}")
    from metrics.compare import score

    return score
