"""Invoices: what the records of a month come to.

The month of an account is open until its invoice is made: when each of its
days is settled, and a grace has passed. Nothing is added to it then: what
changes later is on the next invoice.
"""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from concertim_api.domain.billing import amounts
from concertim_api.domain.billing.rating import midnight
from concertim_api.domain.billing.settlement import DailyRecord, Settlement
from concertim_api.domain.billing.tariff import PriceList, Tax

#: Those of invoices that are made; a draft is open or settling.
MadeState = Literal["closed", "disputed"]
MADE_STATES: tuple[MadeState, ...] = ("closed", "disputed")

State = Literal["open", "settling", "closed", "disputed"]
STATES: tuple[State, ...] = ("open", "settling", *MADE_STATES)

_MONTH = timedelta(days=31)


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


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What an account owes for a month.

    ``number``: that among all of the site. A draft has no ``id``, no
    ``number`` and no ``issued_at``. ``reason``, ``author``: why it was
    disputed or resolved, and by whom. ``posted_at``: when the billing system
    made the same; ``refusal``: why it does not.
    """

    account_id: str
    project_id: str
    month: date
    state: State
    currency: str
    subtotal: Decimal
    tax_name: str | None
    tax: Decimal
    total: Decimal
    distance: Decimal
    id: str | None = None
    number: int | None = None
    issued_at: datetime | None = None
    reason: str | None = None
    author: str | None = None
    posted_at: datetime | None = None
    refusal: str | None = None
    items: Sequence[InvoiceItem] = ()


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


def draft(
    settlement: Settlement,
    month: date,
    records: Iterable[DailyRecord],
    prices: PriceList,
    now: datetime,
) -> Invoice:
    """Return the invoice of a month of an account, as it is now.

    ``records``: those of the month. Currency and tax are those of its last
    day.
    """
    end = next_month(month)
    tax = prices.in_force(end - timedelta(days=1)).tax
    sums = sum_up(records, prices.currency, tax)
    return Invoice(
        account_id=settlement.account_id,
        project_id=settlement.project_id,
        month=month,
        state="settling" if end <= now.date() else "open",
        currency=prices.currency,
        subtotal=sums.total - sums.tax,
        tax_name=tax.name if tax else None,
        tax=sums.tax,
        total=sums.total,
        distance=sums.distance,
        items=sums.items,
    )


def hindrance(
    settlement: Settlement, now: datetime, grace: timedelta
) -> str | None:
    """Return why the open month of an account can't be closed; None: it
    can."""
    end = next_month(settlement.open_month)
    due = midnight(end) + grace
    if now < due:
        return f"the month and its grace end at {due:%Y-%m-%dT%H:%M:%SZ}"
    if settlement.settled_until < end:
        why = f": {settlement.error}" if settlement.error else ""
        return f"settled up to {settlement.settled_until}{why}"
    if settlement.stale_from is not None:
        return f"to be settled again from {settlement.stale_from} on"
    if settlement.claimed_until and settlement.claimed_until >= now:
        return "an agent settles it just now"
    return None


def next_month(month: date) -> date:
    """Return the first day of the month after that of a day."""
    return (month.replace(day=1) + _MONTH).replace(day=1)
