from pathlib import Path

from ganbench.system import environment


def test_a_checkout_knows_its_commit() -> None:
    there = (Path(__file__).parents[3] / ".git").exists()
    assert (environment.commit() is not None) == there
