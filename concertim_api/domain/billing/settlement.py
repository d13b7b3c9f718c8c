"""Settlement: what orders are charged for each day, and how it is corrected.

The charge of (order, day, unit) is worked out anew each time, and compared
with the sum of the records that there are. A record is never changed: a new
one, with the next revision, has the difference. So to settle a day twice
changes nothing, and a correction is a record of its own.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from concertim_api.domain.billing import amounts
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.rating import ChargeLine

#: Amounts by bill unit.
Amounts = Mapping[str, Decimal]


class OrderDay(NamedTuple):
    """A day of an order. What is of no cluster is of the account: its id is
    the order's then."""

    order_id: str
    day: date


class Settlement(NamedTuple):
    """How far an account is settled.

    From the day ``started_on`` up to the day ``settled_until``; from
    ``stale_from`` on it is to be settled again; None: nowhere.
    ``open_month``: the first day of the first month without an invoice.
    ``claimed_until``: until then an agent may be settling it. ``error``: why
    that failed last.
    """

    account_id: str
    project_id: str
    started_on: date
    settled_until: date
    stale_from: date | None
    open_month: date
    claimed_until: datetime | None = None
    error: str | None = None

    @property
    def first(self) -> date:
        """The first day that is to be settled."""
        first = min(self.settled_until, self.stale_from or self.settled_until)
        return max(self.started_on, first)


def begun(account: Account) -> Settlement:
    """Return the settlement of an account that is new."""
    day = account.created_at.date()
    return Settlement(
        account.id, account.project_id, day, day, None, day.replace(day=1)
    )


class DailyRecord(NamedTuple):
    """What a revision adds to the charges of a day of an order.

    ``amounts``: of each bill unit that changes; negative, if it was charged
    too much. ``month``: the first day of the month on whose invoice it is.
    """

    order_id: str
    day: date
    revision: int
    month: date
    amounts: Amounts

    @property
    def place(self) -> OrderDay:
        return OrderDay(self.order_id, self.day)

    @property
    def is_late(self) -> bool:
        """Whether it corrects a month that had its invoice."""
        return self.month > self.day.replace(day=1)


def charged(
    lines: Iterable[ChargeLine], order_of: Callable[[ChargeLine], str]
) -> dict[OrderDay, dict[str, Decimal]]:
    """Return the charge of each order, day and unit, half up to 4 decimals.

    Each line is of one day. ``order_of`` returns the order that it is of.
    """
    sums: dict[OrderDay, dict[str, int]] = collections.defaultdict(
        lambda: collections.defaultdict(int)
    )
    for line in lines:
        if line.rule is not None:
            place = OrderDay(order_of(line), line.start.date())
            sums[place][line.rule.unit] += line.amount
    return {
        place: {unit: amounts.recorded(sum_) for unit, sum_ in units.items()}
        for place, units in sums.items()
    }


def totals(records: Iterable[DailyRecord]) -> dict[OrderDay, Amounts]:
    """Return what records say together of each day of an order."""
    sums: dict[OrderDay, dict[str, Decimal]] = collections.defaultdict(dict)
    for record in records:
        sums[record.place] = _plus(sums[record.place], record.amounts)
    return dict(sums)


def corrections(
    desired: Mapping[OrderDay, Amounts],
    records: Iterable[DailyRecord],
    month: date,
) -> Iterator[DailyRecord]:
    """Yield the records that turn those that there are into the desired.

    ``desired`` and ``records`` are of the same days. ``month``: the first
    one that is not closed: what changes of a closed month goes there.
    """
    records = [*records]
    actual = totals(records)
    revisions: dict[OrderDay, int] = collections.defaultdict(lambda: -1)
    for record in records:
        place = record.place
        revisions[place] = max(revisions[place], record.revision)
    for place in sorted({*desired, *actual}):
        difference = _minus(desired.get(place, {}), actual.get(place, {}))
        if difference:
            yield DailyRecord(
                *place,
                revisions[place] + 1,
                max(place.day.replace(day=1), month),
                difference,
            )


def _plus(first: Amounts, second: Amounts) -> dict[str, Decimal]:
    units = sorted({*first, *second})
    zero = Decimal(0)
    return {u: first.get(u, zero) + second.get(u, zero) for u in units}


def _minus(first: Amounts, second: Amounts) -> dict[str, Decimal]:
    """Return the difference of each unit that has one."""
    negative = {unit: -amount for unit, amount in second.items()}
    return {
        u: amount for u, amount in _plus(first, negative).items() if amount
    }
