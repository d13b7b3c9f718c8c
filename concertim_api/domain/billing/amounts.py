"""Amounts of money: exact within, rounded once.

All sums are whole numbers of a fixed part of the currency, so that no order
and no split of a sum can change it. Rounding is stated here alone: half up,
the charge of (order, day, unit) to 4 decimals, an item of an invoice to the
smallest coin.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

from concertim_api.domain.billing.currencies import DIGITS

#: A count is in parts of this: MiB of GiB, and millionths of a number.
COUNT_SCALE = 1024 * 10**6

#: A quantity, which is a count times hours, is in parts of this.
QUANTITY_SCALE = 3600 * COUNT_SCALE

#: A price is in parts of this: it has 12 decimals at most.
PRICE_SCALE = 10**12

#: A discount or a tax is in parts of this: hundredths of a percent.
SHARE_SCALE = 10**4

#: An amount is in parts of this.
AMOUNT_SCALE = QUANTITY_SCALE * PRICE_SCALE * SHARE_SCALE

#: It has room for the sum of any bill.
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)


def decimal(numerator: int, scale: int, digits: int) -> Decimal:
    """Return numerator / scale, half up to so many decimals.

    The numerator is 0 or more.
    """
    quotient, rest = divmod(numerator * 10**digits, scale)
    return Decimal(quotient + (2 * rest >= scale)).scaleb(-digits, _EXACT)


def price(numerator: int) -> Decimal:
    """Return a price, without zeros at its end."""
    digits = 12
    while digits > 2 and numerator % 10 == 0:
        numerator, digits = numerator // 10, digits - 1
    return Decimal(numerator).scaleb(-digits, _EXACT)


def recorded(amount: int) -> Decimal:
    """Return the charge of (order, day, unit): half up to 4 decimals."""
    return decimal(amount, AMOUNT_SCALE, 4)


def coins(amounts: Iterable[Decimal], currency: str) -> Decimal:
    """Return the sum, half up to the smallest coin of a currency."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    coin = Decimal(1).scaleb(-DIGITS[currency])
    return total.quantize(coin, context=_EXACT)
