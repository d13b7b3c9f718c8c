"""A billing system in memory, which takes what it is told, or does not."""

import collections
from decimal import Decimal

from concertim_api.services.billing.system import (
    BillingAway,
    BillingRefused,
)


class FakeBilling:
    """Keeps its promises as ``billing/base.py`` says them.

    ``trouble``: is called with the name of a call and its subject, before and
    after it is done; it may raise.
    """

    def __init__(self):
        self.calls = []
        self.records = {}
        self.days = collections.defaultdict(collections.Counter)
        self.invoices = {}
        self.credits = {}
        self.ends = []
        self.trouble = lambda name, subject, is_done: None

    def faults(self):
        return []

    def post(self, account, posting):
        record = posting.record
        self._do("post", record)
        if record[:3] not in self.records:
            self.records[record[:3]] = record
            for unit, amount in record.amounts.items():
                self.days[record.place][unit] += amount
        day = {unit: n for unit, n in self.days[record.place].items() if n}
        assert day == {unit: n for unit, n in posting.total.items() if n}
        self.trouble("post", record, True)

    def close(self, account, bill):
        self._do("close", bill.invoice)
        for record in bill.records:
            if not record.is_late:
                assert record[:3] in self.records
        for place, amounts in bill.totals.items():
            for unit, amount in amounts.items():
                posted = sum(
                    record.amounts.get(unit, Decimal())
                    for record in self.records.values()
                    if record.place == place
                )
                assert posted == amount
        self.invoices[account.project_id, bill.invoice.month] = bill.invoice
        self.trouble("close", bill.invoice, True)

    def credit(self, account, credit):
        self._do("credit", credit)
        self.credits[credit.id] = credit.amount
        self.trouble("credit", credit, True)

    def end(self, account, order_id):
        self._do("end", order_id)
        self.ends.append(order_id)
        self.trouble("end", order_id, True)

    def _do(self, name, subject):
        self.calls.append((name, subject))
        self.trouble(name, subject, False)


def away(*names):
    """Return the trouble that some calls have no answer."""

    def trouble(name, subject, is_done):
        if name in names:
            raise BillingAway("no answer")

    return trouble


def refusing(is_refused):
    """Return the trouble that what meets a condition is refused."""

    def trouble(name, subject, is_done):
        if not is_done and is_refused(name, subject):
            raise BillingRefused("I do not like it")

    return trouble
