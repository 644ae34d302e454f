from dataclasses import replace

import numpy as np
import pytest

from ganbench.record import Status
from ganbench.report.analysis import failure_rules
from ganbench.training import failure_watch, loop
from ganbench.training.failure_watch import Diverged, LossWatch, Scale, Watch

REAL = Scale(spread=40.0, contrast=50.0)


def pictures(level, count=8):
    """`count` times the same picture, with a contrast of `level` grey levels."""
    ramp = np.linspace(128 - level, 128 + level, 32).astype(np.uint8)
    return ramp[None, :, None, None].repeat(count, 0).repeat(32, 2).repeat(3, 3)


def watched(level):
    watch = Watch(REAL)
    for step in (1000, 2000, 3000):
        watch.pictures(step, 0.5, pictures(level))
    return watch.collapse.reason


def looked(losses, count):
    watch = LossWatch()
    for step in range(1, count + 1):
        watch.look(step, losses(step))


def sentence(fails):
    with pytest.raises(Diverged) as raised:
        fails()
    return str(raised.value)


# What the watch itself says of runs that meet each of its rules, and the thresholds it has.
FIRED = {
    "collapse": (
        lambda: watched(90),
        [f"{failure_watch.ALIKE:.0%}", f"{failure_watch.LOOKS} looks"],
    ),
    "flat pictures": (
        lambda: sentence(lambda: watched(0)),
        [f"{failure_watch.FLAT:.0%}", f"{failure_watch.LOOKS} looks"],
    ),
    "no number": (
        lambda: sentence(lambda: loop.read({"D": float("nan")}, 7)),
        ["once"],
    ),
    "exploded loss": (
        lambda: sentence(lambda: looked(lambda step: {"D x": 1.0 if step < 50 else 1e9}, 100)),
        [f"{failure_watch.EXPLODED:,.0f} times", f"{failure_watch.LARGE:,.0f}",
         f"{failure_watch.LARGE_LOOKS} readings"],
    ),
    "standstill": (
        lambda: sentence(lambda: looked(lambda _: {"D": 0.0, "G": 9.2}, 200)),
        [f"{failure_watch.SAME_LOOKS} readings"],
    ),
}  # fmt: skip


def broken(run, name, reason, **settings):
    return replace(run, status=Status(name, 10, 1.0, reason), settings=settings)


@pytest.mark.parametrize("name", FIRED)
def test_every_rule_of_the_watch_is_recognised_with_its_thresholds(a_record, name):
    reason, numbers = FIRED[name]
    status = "collapsed" if name == "collapse" else "diverged"
    found = failure_rules.rule(broken(a_record, status, reason()))
    assert found.name == name
    assert [number for number in numbers if number not in found.words] == []


def test_minus_infinity_is_no_number_too(a_record):
    reason = sentence(lambda: loop.read({"G": float("-inf")}, 7))
    assert failure_rules.rule(broken(a_record, "diverged", reason)).name == "no number"


def test_there_is_one_case_above_for_every_rule():
    assert [rule.name for rule in failure_rules.RULES] == list(FIRED)


def test_advice_differs_from_rule_to_rule_and_names_what_the_run_had(a_record):
    said = set()
    for name, (reason, _) in FIRED.items():
        status = "collapsed" if name == "collapse" else "diverged"
        run = broken(a_record, status, reason(), learning_rate_g=1e-3, norm="batch", xla=True)
        said.add(failure_rules.advice(run))
        assert failure_rules.advice(run).count("learning_rate_g = 0.001") == 1
        assert "xla" not in failure_rules.advice(run)
    assert len(said) == len(FIRED)


def test_32_bits_are_no_advice_for_a_run_that_had_them(a_record):
    reason = FIRED["no number"][0]()
    for precision, advised in (("bf16", True), ("fp32", False)):
        run = broken(a_record, "diverged", reason, precision=precision)
        assert ("32-bit" in failure_rules.advice(run)) == advised


def test_a_discriminator_that_learns_slowly_is_not_asked_to_learn_more_slowly(a_record):
    reason = FIRED["collapse"][0]()
    for rate_d, said in ((2e-5, "which is 50 times it"), (1e-3, "a lower learning rate")):
        run = broken(a_record, "collapsed", reason, learning_rate_g=1e-3, learning_rate_d=rate_d)
        assert said in failure_rules.advice(run)


@pytest.mark.parametrize("settings", [{}, {"learning_rate_g": "x", "learning_rate_d": None},
                                      {"learning_rate_g": 1, "learning_rate_d": 0}])  # fmt: skip
def test_settings_of_strangers_do_not_stop_the_advice(a_record, settings):
    run = broken(a_record, "collapsed", FIRED["collapse"][0](), **settings)
    assert "a lower learning rate for the discriminator" in failure_rules.advice(run)


def test_what_no_rule_fired_for_gets_the_advice_of_its_ending(a_record):
    assert failure_rules.rule(broken(a_record, "diverged", "something new")) is None
    memory = broken(a_record, "out_of_memory", "it draws nearly one picture for every input")
    assert failure_rules.rule(memory) is None
    assert "smaller batch" in failure_rules.advice(memory)
