import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from ganbench.data.read_ahead import ReadAhead


def test_results_come_in_order_and_only_a_little_ahead() -> None:
    made = []

    def make(place: int) -> str:
        made.append(place)
        return str(place)

    with closing(ReadAhead(ThreadPoolExecutor(4), make, range(100), 3)) as ahead:
        coming = iter(ahead)
        assert [next(coming) for _ in range(5)] == ["0", "1", "2", "3", "4"]
        assert len(made) <= 5 + 3
        assert list(coming) == [str(place) for place in range(5, 100)]


def test_it_begins_before_it_is_asked() -> None:
    begun = threading.Event()
    with closing(ReadAhead(ThreadPoolExecutor(1), lambda item: begun.set(), [1], 3)):
        assert begun.wait(10)


def test_a_failure_comes_in_its_turn_and_nothing_more_is_begun() -> None:
    made = []

    def make(place: int) -> int:
        made.append(place)
        return 1 // (place - 2)

    with (
        pytest.raises(ZeroDivisionError),
        closing(ReadAhead(ThreadPoolExecutor(1), make, range(100), 3)) as ahead,
    ):
        list(ahead)
    assert len(made) <= 2 + 3
