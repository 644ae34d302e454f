from dataclasses import asdict, fields

import pytest

from ganbench.budget import FALLING, Budget, duration, on_extension, parse
from ganbench.errors import InputError
from ganzoo.settings import DCGAN, CycleGANResNet, CycleGANUNet


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("60s", 60, "seconds"),
        ("2h", 7200, "seconds"),
        ("8h30m", 30600, "seconds"),
        ("10,000img", 10000, "pictures"),
        ("1,234,567img", 1_234_567, "pictures"),
        ("500step", 500, "steps"),
        ("500steps", 500, "steps"),
        ("1234567img", 1_234_567, "pictures"),
        ("20000.55s", 20_000.55, "seconds"),
    ],
)
def test_what_people_type_is_understood(text, amount, unit):
    assert parse(text) == Budget(amount, unit)
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize(
    "text",
    ["0s", "-5s", "", "fast", "10", "60s500step", "5 6s7", "1,5h", "0,5h", "1,5000s", ",500s"],
)
def test_what_cannot_be_a_budget_is_refused_with_examples(text):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert "--budget 60s" in caught.value.hint


def test_the_used_fraction_follows_the_unit_and_ends_at_one():
    assert Budget(60, "seconds").used(30, 10**9, 10**9) == 0.5
    assert Budget(200, "pictures").used(0, 50, 0) == 0.25
    assert Budget(10, "steps").used(0, 0, 25) == 1.0


@pytest.mark.parametrize(("text", "seconds"), [("8h30m", 30_600), ("90s", 90), ("1.5h", 5400)])
def test_a_quota_is_a_time(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["soon", "500step", "0s", "10img", ""])
def test_a_quota_that_is_no_time_is_refused_with_examples(text):
    with pytest.raises(InputError) as caught:
        duration(text)
    assert caught.value.hint == "--until 8h30m, 90m or 30s"


def test_every_setting_by_which_something_falls_is_known():
    falling = {
        field.name
        for kind in (DCGAN, CycleGANUNet, CycleGANResNet)
        for field in fields(kind)
        if "decay" in field.name and isinstance(field.default, float)
    }
    assert falling == set(FALLING)


def test_what_an_extension_does_to_a_schedule_depends_on_the_settings():
    assert "nothing fall" in on_extension(asdict(DCGAN()), "90s")
    told = on_extension(asdict(CycleGANUNet(identity_decay=0.25)), "90s")
    assert "(decay_from=0.5, identity_decay=0.25) rises again" in told and "90s in one go" in told
    assert "whatever it schedules" in on_extension({"batch": 2}, "90s")
