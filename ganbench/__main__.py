"""`python -m ganbench` is `ganbench`."""

import sys
from pathlib import Path

# `python -m` looks for modules in the current folder first, where anything may lie.
if not sys.flags.safe_path and Path(sys.path[0]) == Path.cwd() != Path(__file__).parents[1]:
    del sys.path[0]

from ganbench.cli.main import main

main()
