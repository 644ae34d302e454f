import pytest

from ganbench.budget import Budget, duration, parse
from ganbench.errors import InputError


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("60s", 60, "seconds"),
        ("2h", 7200, "seconds"),
        ("8h30m", 30600, "seconds"),
        ("10,000img", 10000, "pictures"),
        ("500step", 500, "steps"),
        ("500steps", 500, "steps"),
        ("1234567img", 1_234_567, "pictures"),
        ("20000.55s", 20_000.55, "seconds"),
    ],
)
def test_what_people_type_is_understood(text, amount, unit):
    assert parse(text) == Budget(amount, unit)
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize("text", ["0s", "-5s", "", "fast", "10", "60s500step", "5 6s7"])
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
