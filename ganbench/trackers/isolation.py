"""A tracker's package, kept from the user's account, settings and home while we write with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def only(prefix: str, **ours: str) -> Iterator[None]:
    """Of the environment's variables that begin with `prefix` only `ours`, and these; then as was.

    What an address, a key or a run's name in them would mean to the package, nobody asked for here.
    """
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(prefix)]:
        del os.environ[name]
    os.environ |= ours
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ |= before
