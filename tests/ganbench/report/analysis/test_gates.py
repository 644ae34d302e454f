"""Gates: what they mean, what misses them, and what to type instead of one that is none."""

import pytest

from ganbench.errors import InputError
from ganbench.report.analysis import gates
from ganbench.report.analysis.before_after import Change


def change(before, after, verdict="cannot tell", name="x", **more):
    return Change(name, name, "pytorch", verdict, before=before, after=after, **more)


@pytest.mark.parametrize(
    ("text", "metric", "above", "limit", "percent"),
    [
        ("fid>+3", "fid", True, 3.0, False),
        (" fid > +3.5 ", "fid", True, 3.5, False),
        ("fid>5%", "fid", True, 5.0, True),
        ("fid>-2", "fid", True, -2.0, False),
        ("recall<-0.05", "recall", False, -0.05, False),
        ("recall<5%", "recall", False, -5.0, True),
        ("random-Inception KD>+.01", "random-Inception KD", True, 0.01, False),
    ],
)
def test_a_gate_is_read_as_it_is_meant(text, metric, above, limit, percent):
    found = gates.parse(text)
    assert (found.metric, found.above, found.limit, found.percent) == (
        metric, above, limit, percent,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "fid", "fid>", ">+3", "fid>+x", "fid>=3", "fid>+nan",
                                  "fid>+1e9", "fid>+3<+4", "fid>+" + "9" * 400])  # fmt: skip
def test_what_is_no_gate_is_told_what_one_looks_like(text):
    with pytest.raises(InputError, match="is no gate") as error:
        gates.parse(text)
    assert "lite0_kd>5%" in error.value.hint


@pytest.mark.parametrize(("text", "typed"), [("fid>3", "fid>+3"), ("recall<0.1", "recall<-0.1")])
def test_a_number_without_a_sign_could_mean_the_score_itself(text, typed):
    with pytest.raises(InputError, match="whether the change") as error:
        gates.parse(text)
    assert f'"{typed}"' in error.value.hint


def test_a_gate_that_fails_what_gets_better_is_refused(score_of):
    gates.check_direction(gates.parse("fid>+3"), score_of(1.0))
    gates.check_direction(gates.parse("a-b<-3"), score_of(1.0, better="higher"))
    with pytest.raises(InputError, match="would fail what gets better") as error:
        gates.check_direction(gates.parse("a-b>+3"), score_of(1.0, better="higher"))
    assert '"a-b<-3"' in error.value.hint


@pytest.mark.parametrize(
    ("text", "before", "after", "beyond"),
    [
        ("fid>+3", 100.0, 104.5, 1.5),
        ("fid>+3", 100.0, 103.0, None),
        ("fid>+3", 100.0, 50.0, None),
        ("fid>5%", 100.0, 108.0, 3.0),
        ("fid>5%", 200.0, 208.0, None),
        ("kid>5%", -0.01, -0.009, 5.0),
        ("fid>-2", 100.0, 99.0, 1.0),
        ("recall<-0.05", 0.5, 0.4, 0.05),
        ("recall<-0.05", 0.5, 0.46, None),
    ],
)
def test_a_model_misses_a_gate_by_so_much(text, before, after, beyond):
    found = gates.misses(gates.parse(text), [change(before, after)])
    assert [miss.beyond for miss in found] == ([] if beyond is None else [pytest.approx(beyond)])


def test_a_miss_says_who_by_how_much_and_how_far_it_moved():
    (miss,) = gates.misses(gates.parse("fid>+3"), [change(100.0, 104.2, name="unet")])
    assert miss.sentence == "unet misses fid>+3 by 1.20: it changed by +4.20"


def test_a_model_that_broke_misses_every_gate():
    gone = change(100.0, None, "broke", ended="collapsed")
    (miss,) = gates.misses(gates.parse("fid>+3"), [gone])
    assert miss.sentence == "x misses fid>+3: it collapsed"
    lost = change(100.0, 50.0, "better", lost=("seed 2 diverged",))
    assert [m.why for m in gates.misses(gates.parse("fid>+3"), [lost])] == ["seed 2 diverged"]


def test_a_model_that_lost_its_number_misses_every_gate():
    (miss,) = gates.misses(gates.parse("fid>+3"), [change(100.0, None)])
    assert miss.sentence == "x misses fid>+3: it has no number after"
    assert gates.misses(gates.parse("fid>+3"), [change(None, 50.0), change(1.0, 1.0)]) == []


def test_what_is_not_comparable_does_not_pass():
    other = change(100.0, 50.0, "not comparable", reasons=("paintings: a before, b after",))
    (miss,) = gates.misses(gates.parse("fid>+3"), [other])
    assert "paintings: a before" in miss.sentence


def test_a_percentage_of_zero_is_missed_in_words():
    (miss,) = gates.misses(gates.parse("fid>5%"), [change(0.0, 1.0)])
    assert miss.amount is None and "0 before" in miss.sentence
    assert gates.misses(gates.parse("fid>5%"), [change(0.0, 0.0)]) == []


def test_new_and_gone_models_are_held_against_nothing():
    others = [change(None, 1.0, "new", name="n"), change(1.0, None, "gone", name="g")]
    assert gates.misses(gates.parse("fid>+3"), [*others, change(1.0, 1.0)]) == []
    with pytest.raises(InputError, match="no model has a number before and after"):
        gates.misses(gates.parse("fid>+3"), others)
