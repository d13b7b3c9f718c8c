"""Amounts: exact, and rounded once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.billing import amounts
from concertim_api.domain.billing.currencies import DIGITS


@pytest.mark.parametrize(
    ("numerator", "scale", "digits", "value"),
    [
        (1, 3, 4, "0.3333"),
        (2, 3, 4, "0.6667"),
        (5, 100000, 4, "0.0001"),
        (49, 1000000, 4, "0.0000"),
        (25, 10, 0, "3"),
        (7, 1, 2, "7.00"),
    ],
)
def test_decimal(numerator, scale, digits, value):
    assert str(amounts.decimal(numerator, scale, digits)) == value


@given(st.integers(0, 10**60), st.integers(1, 10**40), st.integers(0, 12))
def test_a_rounded_number_is_the_nearest(numerator, scale, digits):
    number = Fraction(amounts.decimal(numerator, scale, digits))
    distance = number - Fraction(numerator, scale)
    half = Fraction(1, 2 * 10**digits)
    assert -half < distance <= half


@pytest.mark.parametrize(
    ("currency", "total"),
    [("EUR", "2.01"), ("JPY", "2"), ("KWD", "2.005")],
)
def test_coins(currency, total):
    parts = [Decimal("1.0025"), Decimal("1.0025")]
    assert str(amounts.coins(parts, currency)) == total


def test_no_amount_is_too_large_to_add():
    most = Decimal("9" * 30 + ".9999")
    assert amounts.coins([most, Decimal("0.0001")], "EUR") == 10**30


def test_currencies_are_three_letters_once():
    assert len(DIGITS) > 140
    assert all(len(name) == 3 and name.isupper() for name in DIGITS)


@pytest.mark.parametrize(
    ("numerator", "value"),
    [
        (12 * 10**9, "0.012"),
        (5 * 10**12, "5.00"),
        (0, "0.00"),
        (1, "0.000000000001"),
    ],
)
def test_a_price_has_no_zeros_at_its_end(numerator, value):
    assert format(amounts.price(numerator), "f") == value
