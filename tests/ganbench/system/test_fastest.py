import pytest

from ganbench.system import fastest


@pytest.mark.parametrize(
    ("seconds", "best"),
    [
        ({1: 0.02, 2: 0.01, 4: 0.03}, 2),
        ({1: 0.02, 2: 0.0195, 4: 0.0192}, 1),  # a later one has to be worth it
        ({1: 0.01, 2: 0.04, 4: 0.02}, 1),
        ({"fp32": 0.02, "bf16": 0.01}, "bf16"),
        ({1: 0.02}, 1),
    ],
)
def test_the_way_with_the_shortest_usual_time_is_taken(seconds, best):
    asked: list[object] = []

    def rehearse(way):
        asked.append(way)
        return seconds[way] * (100 if len(asked) <= len(seconds) else 1)  # caches are built

    assert fastest.fastest(list(seconds), rehearse) == best


def test_slow_ways_are_gone_once(monkeypatch):
    monkeypatch.setattr(fastest, "LONGEST", 0.0)
    asked: list[int] = []

    def rehearse(way):
        asked.append(way)
        return 20.0

    fastest.fastest([1, 2], rehearse)
    assert asked == [1, 2]
