"""Fixtures of the command's tests, for the commands that the pages show."""

from ..ganbench.conftest import describe_here, ganbench, judge_here
from ..ganbench.trained.conftest import few, here

__all__ = ["describe_here", "few", "ganbench", "here", "judge_here"]
