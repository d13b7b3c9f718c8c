"""Invoices: what the records of a month come to."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from concertim_api.domain.billing import amounts
from concertim_api.domain.billing.settlement import DailyRecord
from concertim_api.domain.billing.tariff import Tax


class InvoiceItem(NamedTuple):
    """What the use of a bill unit in a month costs an order.

    ``month``: an earlier one than that of the invoice if it is a correction.
    """

    order_id: str
    month: date
    unit: str
    amount: Decimal


class InvoiceSum(NamedTuple):
    """What an invoice says.

    ``distance``: the amounts of the items less those of the records, which
    have more decimals. ``tax``: on the sum of all items. ``total``: with it.
    """

    items: Sequence[InvoiceItem]
    distance: Decimal
    tax: Decimal
    total: Decimal


def sum_up(
    records: Iterable[DailyRecord], currency: str, tax: Tax | None
) -> InvoiceSum:
    """Return what the records of an invoice come to.

    An item is for each order, month of usage and unit: the half-up coin of
    its sum. One of 0 is left out.
    """
    sums: dict[tuple[str, date, str], list[Decimal]]
    sums = collections.defaultdict(list)
    for record in records:
        for unit, amount in record.amounts.items():
            month = record.day.replace(day=1)
            sums[record.order_id, month, unit].append(amount)
    items = [
        InvoiceItem(*key, amounts.coins(sums[key], currency))
        for key in sorted(sums)
    ]
    subtotal = amounts.coins((item.amount for item in items), currency)
    exact = sum((part for parts in sums.values() for part in parts), Decimal())
    rate = Decimal(tax.rate if tax else 0) / amounts.SHARE_SCALE
    taxed = amounts.coins([subtotal * rate], currency)
    return InvoiceSum(
        [item for item in items if item.amount],
        subtotal - exact,
        taxed,
        subtotal + taxed,
    )
