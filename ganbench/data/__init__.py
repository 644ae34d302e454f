"""Any two sets of pictures -> two memory-mapped uint8 arrays, cached by content."""

from ganbench.data.pair import EMBEDDED, Pair, load, load_one, truth
from ganbench.data.store import Domain, Skipped, open_domain

__all__ = ["EMBEDDED", "Domain", "Pair", "Skipped", "load", "load_one", "open_domain", "truth"]
