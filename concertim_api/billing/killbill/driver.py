"""Kill Bill: it is told money, not hours.

Each unit of our bill is one of its catalogue, at 1.00 in blocks of 0.0001: so
the only price list is ours, and its invoices say what ours say. What it does
with each request, and what not, was seen on a Kill Bill 0.24.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from concertim_api.billing.killbill import accounts, catalog
from concertim_api.billing.killbill.accounts import Books, KillBillOrder
from concertim_api.billing.killbill.client import (
    TRACKING_ID_EXISTS,
    Client,
    KillBillRefused,
)
from concertim_api.billing.killbill.invoices import Invoices
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.billing.invoices import InvoiceItem, next_month
from concertim_api.domain.billing.settlement import Amounts, OrderDay
from concertim_api.domain.errors import ConcertimError
from concertim_api.services.billing.system import (
    BillingAway,
    BillingRefused,
    MonthBill,
    Posting,
)

_ZERO = Decimal(0)

#: Revisions that are tried for what a day lacks. Each is twice as far as the
#: one before it: a day that was corrected a thousand times needs eleven.
_TRIES = 16


class KillBill:
    """``services.billing.system.BillingSystem``, of one tenant. For one
    thread."""

    def __init__(self, client: Client, plan: str, currency: str) -> None:
        self._client = client
        self._plan = plan
        self._currency = currency
        self._books: tuple[str, Books] | None = None
        #: Days of which we do not know what was recorded.
        self._unsure: set[OrderDay] = set()

    def faults(self) -> Sequence[str]:
        """Return what keeps it from billing. 1 request."""
        try:
            document = self._client.get("/catalog")
        except ConcertimError as exc:
            return [str(exc)]
        return [*catalog.faults(document, self._plan, self._currency)]

    def post(self, account: Account, posting: Posting) -> None:
        record = posting.record
        order = self._of(account).order(record.order_id, record.day)
        if not order.takes(record.day):
            return  # a charge of the invoice
        if record.place in self._unsure:
            self._mend(order, record.place, posting.total, record.revision)
            return
        try:
            self._record(order, record.place, record.revision, record.amounts)
        except BillingAway:
            self._unsure.add(record.place)
            raise
        except KillBillRefused as exc:
            # Some body with this id was taken, perhaps not this one.
            if exc.code != TRACKING_ID_EXISTS:
                self._books = None  # an order may be gone, or cancelled
                raise
            self._mend(order, record.place, posting.total, record.revision)

    def close(self, account: Account, bill: MonthBill) -> None:
        invoice = bill.invoice
        if invoice.currency != self._currency:
            raise BillingRefused(
                f"the invoice is in {invoice.currency}, and [killbill] "
                f"currency is {self._currency}"
            )
        books = self._of(account)
        invoices = Invoices(self._client, books)
        self._check_sums(books, invoices, bill.totals)
        late = [item for item in invoice.items if item.month < invoice.month]
        for item in late:
            if item.amount > 0:
                self._add(books, invoices, item, invoice.month)
        invoices.make(next_month(invoice.month))
        invoices.read()
        for item in invoice.items:
            if item.amount < 0:
                invoices.lower(item, invoice.month, invoice.currency)
            elif item.month == invoice.month and _has_ended(books, item):
                invoices.complete(item, invoice.currency)
        invoices.check(bill)

    def credit(self, account: Account, credit: Credit) -> None:
        books = self._of(account)
        Invoices(self._client, books).credit(
            credit.id, credit.amount, self._currency, credit.reason
        )

    def end(self, account: Account, order_id: str) -> None:
        self._of(account).end(order_id)

    def _of(self, account: Account) -> Books:
        """Return the books of an account: those of the last one are kept."""
        if self._books is None or self._books[0] != account.id:
            self._books = (
                account.id,
                accounts.books(
                    self._client, account, self._plan, self._currency
                ),
            )
        return self._books[1]

    def _record(
        self,
        order: KillBillOrder,
        place: OrderDay,
        revision: int | str,
        amounts: Amounts,
    ) -> None:
        """Record amounts, all under one tracking id. 1 request."""
        units = [
            {
                "unitType": unit,
                "usageRecords": [
                    {"recordDate": str(place.day), "amount": str(amount)}
                ],
            }
            for unit, amount in amounts.items()
        ]
        body = {
            "subscriptionId": order.id,
            "trackingId": f"{place.order_id}:{place.day}:{revision}",
            "unitUsageRecords": units,
        }
        self._client.call("POST", "/usages", body)

    def _mend(
        self,
        order: KillBillOrder,
        place: OrderDay,
        total: Amounts,
        revision: int,
    ) -> None:
        """Record what a day lacks, under the next revision that is free. 1
        request, if it lacks nothing."""
        for number in range(_TRIES):
            free = revision + 2**number - 1
            sums = self._sums(order, place.day, place.day + timedelta(1))
            lacking = _minus(total, sums)
            if not lacking:
                self._unsure.discard(place)
                return
            try:
                self._record(order, place, free, lacking)
            except KillBillRefused as exc:
                if exc.code != TRACKING_ID_EXISTS:
                    raise
        raise BillingRefused(
            f"order {place.order_id}, {place.day}: Kill Bill keeps other sums"
        )

    def _check_sums(
        self,
        books: Books,
        invoices: Invoices,
        totals: Mapping[OrderDay, Amounts],
    ) -> None:
        """Compare the sums of the orders of a month with ours; mend the days
        that differ. 1 request for each order that agrees. Raises
        BillingRefused if what is too much was billed."""
        months: dict[str, dict[date, Amounts]] = {}
        for place, amounts in totals.items():
            months.setdefault(place.order_id, {})[place.day] = amounts
        for order_id, days in months.items():
            first = min(days).replace(day=1)
            order = books.order(order_id, first)
            days = {day: days[day] for day in days if order.takes(day)}
            desired = _sum(days.values())
            sums = self._sums(order, first, next_month(first))
            lacking = _minus(desired, sums)
            if not lacking:
                continue
            if min(lacking.values()) < 0:
                invoices.check_lowered(order_id, first, desired)
            for day in _days(first):
                place = OrderDay(order_id, day)
                self._mend(order, place, days.get(day, {}), 0)

    def _sums(
        self, order: KillBillOrder, first: date, end: date
    ) -> dict[str, Decimal]:
        """Return what is recorded of the days [first, end), by unit."""
        document = self._client.get(
            f"/usages/{order.id}", startDate=str(first), endDate=str(end)
        )
        return {
            unit["unitType"]: Decimal(unit["amount"])
            for unit in document["rolledUpUnits"]
        }

    def _add(
        self,
        books: Books,
        invoices: Invoices,
        item: InvoiceItem,
        month: date,
    ) -> None:
        """Bill more for an earlier month: as usage if Kill Bill still looks
        at that month, else as a charge."""
        order = books.order(item.order_id, item.month)
        is_recent = next_month(item.month) >= month
        if not is_recent or not order.takes(item.month):
            invoices.charge(item, month, self._currency)
            return
        place = OrderDay(item.order_id, item.month)
        revision = f"{item.unit}:{month:%Y-%m}"
        try:
            self._record(order, place, revision, {item.unit: item.amount})
        except KillBillRefused as exc:
            if exc.code != TRACKING_ID_EXISTS:
                raise


def _has_ended(books: Books, item: InvoiceItem) -> bool:
    """Whether the order of an item ended before the end of its month."""
    order = books.order(item.order_id, item.month)
    return order.end < next_month(item.month)


def _minus(first: Amounts, second: Amounts) -> dict[str, Decimal]:
    """Return the difference of each unit that has one."""
    differences = {
        unit: first.get(unit, _ZERO) - second.get(unit, _ZERO)
        for unit in sorted({*first, *second})
    }
    return {unit: amount for unit, amount in differences.items() if amount}


def _sum(amounts: Iterable[Amounts]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for each in amounts:
        for unit, amount in each.items():
            sums[unit] = sums.get(unit, _ZERO) + amount
    return sums


def _days(first: date) -> Sequence[date]:
    length = (next_month(first) - first).days
    return [first + timedelta(n) for n in range(length)]
