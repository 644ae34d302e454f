"""`python -m ganbench` is `ganbench`."""

from ganbench.cli import main

main()
