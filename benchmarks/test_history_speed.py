"""What a save costs a run's log, however long the run is already."""

import pytest

from ganbench.record import Moment
from ganbench.training.history import History

ROWS = 100  # that wait at a save
LOSSES = {"G": 0.123456789, "cycle": 0.5, "identity": 0.25, "D_X": 0.3, "D_Y": 0.4}


@pytest.mark.parametrize("before", [100, 100_000])
def test_a_save_after_so_many_rows(benchmark, tmp_path, before):
    """The promise: it does not grow with the run."""
    history = History(tmp_path / "history.csv")
    add(history, before, 0)
    history.flush()

    def save():
        add(history, ROWS, before)
        history.flush()
        history.state()

    benchmark.pedantic(save, rounds=20, warmup_rounds=2)
    print(f"\nafter {before:,} rows: {1e3 * benchmark.stats.stats.median:.1f} ms a save")


def add(history, count, since):
    for step in range(since, since + count):
        history.add(Moment(step, 0.0, step * 0.01, step * 16, ""), LOSSES, 10**9)
