import math

import numpy as np
import pytest

from ganbench.training import loop
from ganbench.training.clock import Clock
from ganbench.training.failure_watch import Diverged


class CountingTrainer:
    """Losses are what it is told; remembers what it was shown and told."""

    def __init__(self, losses=None):
        self.seen, self.schedules, self.losses = [], [], losses or {}

    def schedule(self, progress):
        self.schedules.append(progress)

    def step(self, source, target):
        self.seen.append(int(source))
        return {"G": self.losses.get(len(self.seen), 1.0)}


class Numbers:
    def batch(self, step):
        return np.int64(step), None


def run(trainer, total=10, start=0, due=lambda s, p: True, between=lambda s, p, v: True):
    return loop.train(trainer, Numbers(), Clock(), start, lambda steps: steps / total, due, between)


def test_every_step_sees_its_own_batch_until_the_budget_is_used():
    trainer = CountingTrainer()
    assert run(trainer) == 10
    assert trainer.seen == list(range(10))
    assert trainer.schedules == [i / 10 for i in range(10)]


def test_a_resumed_loop_goes_on_with_the_next_batch():
    trainer = CountingTrainer()
    run(trainer, start=7)
    assert trainer.seen == [7, 8, 9]


def test_it_stops_when_told_to():
    trainer = CountingTrainer()
    assert run(trainer, between=lambda steps, progress, values: steps < 4) == 4


def test_losses_are_fetched_only_when_something_is_due():
    class Lazy:
        fetched = 0

        def __float__(self):
            Lazy.fetched += 1
            return 1.0

    trainer = CountingTrainer({i: Lazy() for i in range(1, 11)})
    run(trainer, due=lambda steps, progress: steps % 5 == 0)
    assert Lazy.fetched == 2


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_named_with_its_step(value):
    with pytest.raises(Diverged, match=f"loss G became {value} at step 3"):
        run(CountingTrainer({3: value}))


def test_the_clock_stands_still_between_steps(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("ganbench.training.clock.time.perf_counter", lambda: now[0])

    class Slow(CountingTrainer):
        def step(self, source, target):
            now[0] += 2.0
            return super().step(source, target)

    class SlowNumbers(Numbers):
        def batch(self, step):
            now[0] += 0.5
            return super().batch(step)

    def between(steps, progress, values):
        now[0] += 100.0
        return True

    clock = Clock()
    now[0] += 50.0
    loop.train(Slow(), SlowNumbers(), clock, 0, lambda s: s / 4, lambda s, p: True, between)
    now[0] += 50.0
    assert clock.seconds == 4 * 2.5
    assert clock.in_step == 4 * 2.0
