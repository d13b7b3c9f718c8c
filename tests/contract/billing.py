"""A billing system under test: what it was told by us, and what it bills."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from concertim_api.domain.billing import settlement
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.billing.invoices import (
    Invoice,
    next_month,
    sum_up,
)
from concertim_api.domain.billing.settlement import OrderDay
from concertim_api.services.billing.system import MonthBill, Posting

CURRENCY = "EUR"


class Ledger:
    """What we charge an account, and the calls that a poster makes of it.

    ``set`` says what days cost now; ``post`` tells what is new; ``close``
    makes the invoice of the month that is open.
    """

    def __init__(self, system, month, project=None):
        self.system = system
        self.account = Account(
            str(uuid.uuid4()),
            project or f"project-{uuid.uuid4()}",
            datetime(month.year, month.month, 1, 9, 30, tzinfo=UTC),
        )
        self.month = month
        self.records = []
        self.posted = 0
        self.invoices = []
        self.credits = []

    def order(self):
        return str(uuid.uuid4())

    def set(self, order_id, day, **amounts):
        """Say what a day of an order costs, all of it."""
        place = OrderDay(order_id, day)
        desired = {place: {u: Decimal(a) for u, a in amounts.items()}}
        known = [r for r in self.records if r.place == place]
        self.records += settlement.corrections(desired, known, self.month)

    def fill(self, order_id, first, last, **amounts):
        """Say what each of the days [first, last) costs."""
        for n in range((last - first).days):
            self.set(order_id, first + timedelta(n), **amounts)

    def postings(self):
        """Return the postings that were not posted."""
        for number, record in enumerate(self.records):
            until = [r for r in self.records[: number + 1]]
            total = settlement.totals(until)[record.place]
            if number >= self.posted and not record.is_late:
                yield Posting(record, total)

    def post(self):
        for posting in [*self.postings()]:
            self.system.post(self.account, posting)
        self.posted = len(self.records)

    def bill(self):
        """Return the invoice of the open month with its records."""
        records = [r for r in self.records if r.month == self.month]
        sums = sum_up(records, CURRENCY, None)
        invoice = Invoice(
            account_id=self.account.id,
            project_id=self.account.project_id,
            month=self.month,
            state="closed",
            currency=CURRENCY,
            subtotal=sums.total,
            tax_name=None,
            tax=sums.tax,
            total=sums.total,
            distance=sums.distance,
            id=str(uuid.uuid4()),
            number=1,
            issued_at=datetime(
                *next_month(self.month).timetuple()[:3], tzinfo=UTC
            ),
            items=sums.items,
        )
        totals = settlement.totals(r for r in records if not r.is_late)
        return MonthBill(invoice, records, totals)

    def close(self):
        """Make the invoice of the open month; the next one is open then."""
        bill = self.bill()
        self.system.close(self.account, bill)
        self.invoices.append(bill.invoice)
        self.month = next_month(self.month)
        return bill

    def grant(self, amount, reason="gift"):
        credit = Credit(
            id=str(uuid.uuid4()),
            account_id=self.account.id,
            project_id=self.account.project_id,
            amount=Decimal(amount),
            reason=reason,
            author="ann",
            created_at=self.account.created_at,
        )
        self.system.credit(self.account, credit)
        self.credits.append(credit)
        return credit

    @property
    def owed(self):
        """What our invoices say, less the credits."""
        invoiced = sum(invoice.total for invoice in self.invoices)
        return invoiced - sum(credit.amount for credit in self.credits)
