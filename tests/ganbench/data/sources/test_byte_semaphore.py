import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ganbench.data.sources.byte_semaphore import ByteSemaphore


def test_threads_never_hold_more_than_there_is() -> None:
    semaphore, held, most, lock = ByteSemaphore(100), 0, 0, threading.Lock()

    def work(count: int) -> None:
        nonlocal held, most
        with semaphore.holding(count):
            with lock:
                held += count
                most = max(most, held)
            with lock:
                held -= count

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [30, 50, 70] * 100))
    assert 0 < most <= 100
    assert held == 0


def test_one_alone_may_hold_more_than_there_is() -> None:
    with ByteSemaphore(100).holding(101):
        pass


def test_room_is_given_back_after_an_error() -> None:
    semaphore = ByteSemaphore(1)
    with pytest.raises(ValueError), ExitStack() as stack:
        stack.enter_context(semaphore.holding(1))
        raise ValueError
    with semaphore.holding(1):
        pass
