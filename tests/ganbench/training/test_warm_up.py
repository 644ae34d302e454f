from ganbench.system import frameworks
from ganbench.training import warm_up


def test_powers_of_two_up_to_the_cores_are_tried(monkeypatch):
    assert [warm_up.powers_of_two(cores) for cores in (1, 2, 6, 8)] == [
        *([1], [1, 2], [1, 2, 4], [1, 2, 4, 8])
    ]
    tried: list[int] = []
    monkeypatch.setattr(frameworks, "usable_cores", lambda: 2)
    monkeypatch.setattr(frameworks, "set_torch_threads", tried.append)
    warm_up.choose_threads(lambda: 0.01)
    assert set(tried) == {1, 2} and tried[-1] == 1
