import pytest
from scipy import stats

from ganbench.report.analysis import votes
from ganbench.report.analysis.comparison import Row
from ganbench.report.analysis.votes import Ballot, Question

A, B, C = (Row(name, name, "pytorch", place, ()) for place, name in enumerate("abc"))


def ballot(*pairs, swapped=False):
    return Ballot("0" * 16, tuple(Question(first, second, swapped) for first, second in pairs))


def test_sides_are_undone_and_ties_are_no_part_of_the_rate():
    asked = ballot((A, B), (A, B), (A, B))
    other = ballot((A, B), (A, B), (A, B), swapped=True)
    for one, best in ((asked, "left"), (other, "right")):
        (found,) = votes.count(one, [{0: best, 1: best, 2: "neither"}])
        assert (found.wins, found.losses, found.ties) == (2, 0, 1)
        assert found.rate.startswith("100 % (34 to 100 %)")
    assert other.questions[0].sides == (B, A) and asked.questions[0].sides == (A, B)


def test_voters_are_added_and_questions_nobody_answered_count_nothing():
    asked = ballot((B, C), (A, C), (A, B))
    found = votes.count(asked, [{2: "left"}, {2: "right", 0: "neither"}])
    assert [(one.first, one.second) for one in found] == [(A, B), (A, C), (B, C)]
    assert [(one.wins, one.losses, one.ties) for one in found] == [(1, 1, 0), (0, 0, 0), (0, 0, 1)]
    assert [one.rate for one in found] == ["50 % (9 to 91 %)", "–", "–"]


@pytest.mark.parametrize(("wins", "decided"), [(0, 1), (5, 5), (14, 20), (137, 400)])
def test_the_interval_is_wilsons(wins, decided):
    low, high = votes.wilson(wins, decided)
    z, share = stats.norm.ppf(0.975), wins / decided
    for end in (low, high):  # the ends solve (share - end)^2 = z^2 end (1 - end) / n
        assert (share - end) ** 2 == pytest.approx(z * z * end * (1 - end) / decided, abs=1e-9)
    assert 0 <= low <= share <= high <= 1


def test_the_exact_test_tells_apart_and_holm_asks_more_of_several_pairs():
    assert votes.told_apart([(6, 0)]) == [True]
    assert votes.told_apart([(5, 0)]) == [False]  # 2 / 32, although Wilson's interval is above 1/2
    assert votes.wilson(5, 5)[0] > 0.5
    assert votes.told_apart([(6, 0), (4, 3)]) == [False, False]
    assert votes.told_apart([(7, 0), (6, 0), (0, 0)]) == [True, True, False]


def test_who_is_not_told_apart_is_not_better():
    asked = ballot(*[(A, B)] * 6)
    several = [Question(A, B, False)] * 6 + [Question(A, C, False)]
    found = votes.count(Ballot("", tuple(several)), [dict.fromkeys(range(7), "left")])
    assert found[0].verdict == "cannot be told apart among 2 pairs"
    (close,) = votes.count(asked, [dict.fromkeys(range(5), "left")])
    (clear,) = votes.count(asked, [dict.fromkeys(range(6), "right")])
    assert (close.better, close.verdict) == ("neither", "cannot be told apart")
    assert (clear.better, clear.verdict) == ("second", "told apart")
