import pytest

from ganbench import price
from ganbench.errors import InputError


@pytest.mark.parametrize(
    ("text", "amount", "written"),
    [
        ("0.35/h", 0.35, "1"),
        ("$2/h", 2, "$1"),
        ("€ 1.5/h", 1.5, "€1"),
        ("0.35 EUR/h", 0.35, "1 EUR"),
        ("CHF 3 / hour", 3, "CHF 1"),
    ],
)
def test_prices_as_people_type_them(text, amount, written):
    found = price.parse(text)
    assert found.amount == amount and found.written("1") == written


def test_half_an_hour_costs_half():
    assert price.parse("0.5/h").of(1800) == 0.25


@pytest.mark.parametrize(
    "text",
    ["", "0.35", "-1/h", "1e5/h", "nan/h", "0,35/h", "$1 EUR/h", "1/d", "<b>1/h", "1\n\n2/h"],
)
def test_what_is_no_price_is_one_sentence(text):
    with pytest.raises(InputError) as error:
        price.parse(text)
    assert "\n" not in str(error.value) and "0.35/h" in error.value.hint
