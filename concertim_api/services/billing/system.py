"""The port of a billing system: what bills teams outside of us.

It is told what we charge, and works out nothing anew. Our records, invoices
and credits are the truth; each call says what should be there, and may be
repeated after any failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.billing.invoices import Invoice
from concertim_api.domain.billing.settlement import (
    Amounts,
    DailyRecord,
    OrderDay,
)
from concertim_api.domain.errors import ConcertimError

#: Whether it was told of a record, and took it.
PostingState = Literal["waiting", "refused", "posted"]
POSTING_STATES: tuple[PostingState, ...] = ("waiting", "refused", "posted")


class Posting(NamedTuple):
    """A daily record that is to be posted.

    ``total``: what its day of its order is charged by it and the revisions
    before it.
    """

    record: DailyRecord
    total: Amounts


class MonthBill(NamedTuple):
    """What an account owes for a month.

    ``records``: those of the invoice. ``totals``: what each day of its month
    is charged by them.
    """

    invoice: Invoice
    records: Sequence[DailyRecord]
    totals: Mapping[OrderDay, Amounts]


class BillingRefused(ConcertimError):
    """The billing system refuses a record, a credit or an invoice; or what it
    made of it is not what it should be."""


class BillingAway(ConcertimError):
    """The billing system does not answer, or does not let us in. Perhaps it
    did what it was asked for."""


class BillingSystem(Protocol):
    """A billing system. All methods make requests.

    They raise BillingAway, and BillingRefused. No two of them are called at
    once for one account; if they are (a lock broke), ``close`` mends it.
    """

    def faults(self) -> Sequence[str]:
        """Return what keeps it from billing, each as a sentence that names
        the option or the part of its catalogue; none: it is ready."""

    def post(self, account: Account, posting: Posting) -> None:
        """Add a record to what a day of an order is charged.

        The month of the day is open. An account, and an order, that are not
        there are made. 1 request; 3 more for the first one of an account, 3
        for that of an order.
        """

    def close(self, account: Account, bill: MonthBill) -> None:
        """Make the invoice of a month, of which the records are posted but
        those that correct earlier months: they are its items, in coins.

        Raises BillingRefused if the invoice lacks a record, or differs. A
        request for each order of the month and each item of an earlier one, 2
        for an item of an order that had ended, and 6.
        """

    def credit(self, account: Account, credit: Credit) -> None:
        """Grant a credit. 2 requests."""

    def end(self, account: Account, order_id: str) -> None:
        """End an order of which all is billed; one that is not there is no
        error. 2 requests."""


class Billing(NamedTuple):
    """How teams are billed.

    ``is_owed``: they owe what their usage costs; else it is only shown.
    ``system``: what bills them outside of us; None: our invoices are all.
    """

    is_owed: bool
    system: BillingSystem | None = None
