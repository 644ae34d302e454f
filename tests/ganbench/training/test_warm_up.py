import pytest

from ganbench.system import frameworks
from ganbench.training import warm_up


@pytest.mark.parametrize(
    ("seconds", "best"),
    [
        ({1: 0.02, 2: 0.01, 4: 0.03}, 2),
        ({1: 0.02, 2: 0.0195, 4: 0.0192}, 1),  # more threads have to be worth it
        ({1: 0.01, 2: 0.04, 4: 0.02}, 1),
        ({1: 0.02}, 1),
    ],
)
def test_the_threads_with_the_shortest_usual_step_are_taken(seconds, best):
    used, asked = [0], []

    def rehearse():
        asked.append(used[-1])
        return seconds[used[-1]] * (100 if len(asked) <= len(seconds) else 1)  # caches are built

    assert warm_up.fastest(list(seconds), used.append, rehearse) == best


def test_slow_steps_are_taken_once_with_each_number(monkeypatch):
    monkeypatch.setattr(warm_up, "LONGEST", 0.0)
    asked: list[int] = []
    warm_up.fastest([1, 2], asked.append, lambda: 20.0)
    assert asked == [1, 2]


def test_powers_of_two_up_to_the_cores_are_tried(monkeypatch):
    assert [warm_up.powers_of_two(cores) for cores in (1, 2, 6, 8)] == [
        *([1], [1, 2], [1, 2, 4], [1, 2, 4, 8])
    ]
    tried: list[int] = []
    monkeypatch.setattr(frameworks, "usable_cores", lambda: 2)
    monkeypatch.setattr(frameworks, "set_torch_threads", tried.append)
    warm_up.choose_threads(lambda: 0.01)
    assert set(tried) == {1, 2} and tried[-1] == 1
