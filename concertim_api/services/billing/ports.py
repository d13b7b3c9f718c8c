"""Billing: the ports of who stores what it needs."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.billing.invoices import Invoice, MadeState
from concertim_api.domain.billing.orders import Order
from concertim_api.domain.billing.rating import UsagePeriod
from concertim_api.domain.billing.settlement import DailyRecord, Settlement
from concertim_api.domain.billing.tariff import PriceList, Tariff
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.system import MonthBill, Posting
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger.ports import ArchiveReader, Types, Window

#: Makes of the open orders of an account what is to be stored. It may be
#: asked several times.
Decision = Callable[[Sequence[Order]], Sequence[Order]]

#: The same, of one order, beside the open ones.
OrderDecision = Callable[[Order, Sequence[Order]], Sequence[Order]]


class AccountReader(Protocol):
    """Accounts, page by page or by id. 1 statement each."""

    def page(self, listing: Listing) -> Page:
        """Return Accounts. Fields to filter by: those of Account; ``sort`` by
        created_at (default, the newest first)."""

    def get(
        self, account_id: str, filters: Collection[Filter] = ()
    ) -> Account:
        """Return an account. Raises NotFound."""


class AccountWriter(Protocol):
    """All accounts, and new ones."""

    def all(self) -> list[Account]:
        """Return all accounts, by id. 1 statement."""

    def add(self, accounts: Iterable[Account]) -> None:
        """Store accounts, but none for a project that has one. 2
        statements."""


class AccountStore(AccountReader, AccountWriter, Protocol):
    """All that is done with accounts."""


class OrderStore(Protocol):
    """Orders of callers. 1 statement each, if nothing else is said."""

    def page(self, listing: Listing) -> Page:
        """Return Orders. Fields to filter by: those of Order but ``tags``,
        ``key``, ``replaced_by``; ``sort`` by created_at (default, the newest
        first)."""

    def get(self, order_id: str, filters: Collection[Filter] = ()) -> Order:
        """Return an order. Raises NotFound."""

    def add(self, order: Order) -> Order:
        """Store a new order. If the account has one with the same key, that
        one is returned, and nothing is stored. 2 statements with a key."""

    def change(
        self, order_id: str, filters: Collection[Filter], decide: OrderDecision
    ) -> Order:
        """Store what ``decide`` makes of an order, beside the open ones of
        its account; return the order as it is then.

        3 statements, and those of ``OpenOrders.revise`` for what is stored.
        Raises NotFound.
        """


class RackOrders(Protocol):
    """What racks are billed by."""

    def order_ids(self, racks: Collection[Ref]) -> Mapping[Ref, str]:
        """Return the ids of the live orders of racks. 1 statement."""


class OpenOrders(Protocol):
    """The orders that are not closed."""

    def open(self) -> list[Order]:
        """Return all open orders. 1 statement."""

    def revise(self, account_id: str, decide: Decision) -> Sequence[Order]:
        """Store what ``decide`` makes of the open orders of an account, in
        its order; return what is stored.

        Others who change orders of the account wait. Where one that did not
        wait has made a live order for a stack, nothing is stored, and
        ``decide`` is asked again. 2 statements; 1 more for each order that
        changes, 1 for all new ones, and 1 for the front end's racks.
        """


class Claim(NamedTuple):
    """The right to settle an account, of one agent and for some time.

    ``news``: how often there was a reason to settle again. ``attempts``:
    those that failed.
    """

    id: str
    settlement: Settlement
    news: int
    attempts: int = 0


class SettlementReader(Protocol):
    """How an account is settled. 1 statement each."""

    def get(self, account_id: str) -> Settlement | None:
        """Return how far an account is settled; None: it has not begun."""

    def first_days(self, filters: Collection[Filter]) -> Mapping[str, date]:
        """Return the first day that is to be settled, by project. Field to
        filter by: project_id."""

    def orders(self, account_id: str) -> list[Order]:
        """Return all orders of an account that have a stack."""

    def records(
        self, account_id: str, first: date, last: date
    ) -> list[DailyRecord]:
        """Return the records of the days [first, last)."""

    def unbilled(self, settlement: Settlement) -> list[DailyRecord]:
        """Return the records of the months that are open, and of the days
        that are to be settled."""


class Settlements(SettlementReader, Protocol):
    """How far accounts are settled, and the records of their days."""

    def begin(self) -> int:
        """Let settlement begin for the accounts that have none, on the day
        on which each was made; return how many. 1 statement, 2 if there are
        some."""

    def mark(self, tariffs: Sequence[Tariff]) -> int:
        """Mark the accounts stale whose usage changed since the last call, or
        whose prices did; return how many.

        ``tariffs``: all, in the order of loading. An account is stale from
        the first day that differs. 4 statements; 2 more if there is news,
        and 1 for each account. If the feed has lost what was not read, all
        accounts are stale from their first day on.
        """

    def claim(self, until: date, now: datetime, limit: int) -> list[Claim]:
        """Claim accounts that are not settled up to a day, or stale.

        No two agents claim one. 1 statement; 2 more if there are some.
        """

    def settled(self) -> set[str]:
        """Return the ids of the live orders whose stack has ended, and whose
        days are all settled. 1 statement."""

    def settle(
        self,
        claim: Claim,
        until: date,
        records: Sequence[DailyRecord],
        now: datetime,
    ) -> bool:
        """Store records; the account is settled up to a day.

        False: the claim is another's by now, or the month that was open has
        its invoice, and nothing is stored. The account stays stale if there
        was news since the claim. 2 statements.
        """

    def release(self, claims: Sequence[Claim]) -> None:
        """Give claims up. 1 statement."""

    def fail(self, claim: Claim, error: str, not_before: datetime) -> None:
        """Note why an account can't be settled, and when to try again. 1
        statement."""


class PostingClaim(NamedTuple):
    """The right to post what an account has, of one agent and up to a time.

    ``attempts``: those that failed.
    """

    id: str
    account: Account
    until: datetime
    attempts: int = 0


class AccountPostings(NamedTuple):
    """What of an account the billing system has not acknowledged.

    ``postings``: in the order of their days, without corrections of what has
    its invoice. ``is_all``: there are no more of them.
    """

    credits: Sequence[Credit]
    postings: Sequence[Posting]
    invoices: Sequence[Invoice]
    is_all: bool

    def in_order(self) -> Iterator[Posting | Invoice]:
        """Yield the postings, and after those of a month its invoice. It is
        left out if there may be more of its postings."""
        invoices = collections.deque(
            sorted(self.invoices, key=lambda invoice: invoice.month)
        )
        for posting in self.postings:
            while invoices and invoices[0].month < posting.record.month:
                yield invoices.popleft()
            yield posting
        if self.is_all:
            yield from invoices


class PostingStore(Protocol):
    """What the billing system has acknowledged. 1 statement each, if nothing
    else is said."""

    def begin(self, now: datetime) -> int:
        """Let posting begin for the accounts that have a settlement and were
        not posted; return how many.

        Of one that has closed months (we billed it alone up to now), these
        and the credits up to now are not posted. 1 statement; 2 if there are
        some, 3 more for those that had closed months.
        """

    def claim(self, now: datetime) -> PostingClaim | None:
        """Claim an account that has something to post, and need not wait. No
        two agents claim one. 1 statement if there is none, else 2."""

    def unposted(self, account_id: str, limit: int) -> AccountPostings:
        """Return what an account has to post, but no more than ``limit``
        records. 4 statements."""

    def bill(self, invoice: Invoice) -> MonthBill:
        """Return an invoice with its items and records. 2 statements."""

    def ending(self, account_id: str, month: date) -> list[str]:
        """Return the ids of the orders that were closed, but not ended, and
        have no record of a later month."""

    def ended(self, order_id: str, now: datetime) -> None:
        """Note that an order has ended."""

    def acknowledge(
        self, postings: Sequence[DailyRecord | Credit | Invoice], now: datetime
    ) -> None:
        """Note what the billing system took; all are of one type. With an
        invoice, it took all its records. 1 statement; 2 for an invoice."""

    def refuse(
        self, refused: DailyRecord | Credit | Invoice, reason: str
    ) -> None:
        """Note what it refused, and why."""

    def fail(
        self, claim: PostingClaim, error: str, not_before: datetime
    ) -> None:
        """Note why an account failed, and when to try again; give the claim
        up."""

    def release(self, claim: PostingClaim) -> None:
        """Give a claim up, without an error."""


class PostingCounter(Protocol):
    """How much is not posted."""

    def unposted_count(self) -> Mapping[str, int]:
        """Count the records, credits and invoices that the billing system has
        not acknowledged (``waiting``), and those of them that it refused
        (``refused``). 1 statement."""


class SettlementCounter(Protocol):
    """How much of the accounts is not settled."""

    def unsettled(self, until: date, month: date) -> Mapping[str, int]:
        """Count the accounts that are not settled up to a day, or are stale
        (``waiting``), those of them whose last run failed (``failing``), and
        those whose open month is before one (``overdue``). 1 statement."""


class MonthStore(Protocol):
    """The months without an invoice, and what is billed of them."""

    def open(self, before: date) -> list[Settlement]:
        """Return the accounts whose open month is before a day, the earliest
        first. 1 statement."""

    def close(
        self,
        settlement: Settlement,
        is_due: Callable[[Settlement], bool],
        bill: Callable[[Sequence[DailyRecord]], Invoice],
    ) -> bool:
        """Store the invoice that ``bill`` makes of the records of an open
        month; the next month is open then.

        Without records, there is no invoice. False: the month is closed
        already, or not due any more, and nothing changes. Who settles the
        account waits. 3 statements; 3 more for an invoice.
        """

    def is_needed(self, before: datetime) -> bool:
        """Whether a month that began before a moment is open, or disputed: it
        needs all usage. 1 statement."""


class BalanceReader(Protocol):
    """What accounts were granted and billed."""

    def granted(self, account_id: str) -> Decimal:
        """Return the sum of the credits of an account. 1 statement."""

    def billed(self, account_id: str, before: date) -> Decimal:
        """Return the sum of the invoices of an account for months before
        one. 1 statement."""


class CreditStore(Protocol):
    """Credits. 1 statement each, if nothing else is said."""

    def page(self, listing: Listing) -> Page:
        """Return Credits. Fields to filter by: account_id, project_id,
        author, created_at; ``sort`` by created_at (default, the newest
        first)."""

    def get(self, credit_id: str, filters: Collection[Filter] = ()) -> Credit:
        """Return a credit. Raises NotFound."""

    def add(self, credit: Credit) -> Credit:
        """Store a new credit. If the account has one with the same key, that
        one is returned, and nothing is stored. 2 statements with a key."""


class RecordReader(Protocol):
    """Daily records, page by page."""

    def page(self, listing: Listing) -> Page:
        """Return rows with the fields of DailyRecord, account_id, project_id
        created_at, posted_at and refusal. Fields to filter by: all but
        ``amounts`` and ``refusal``, and ``posting``, a PostingState; ``sort``
        by day (default, the newest first). 1 statement."""


class InvoiceStore(Protocol):
    """Invoices. 1 statement each, if nothing else is said."""

    def page(self, listing: Listing) -> Page:
        """Return Invoices without items. Fields to filter by: account_id,
        project_id, month, state; ``sort`` by number (default, the newest
        first)."""

    def get(
        self, invoice_id: str, filters: Collection[Filter] = ()
    ) -> Invoice:
        """Return an invoice with its items. 2 statements. Raises NotFound."""

    def mark(
        self,
        invoice_id: str,
        filters: Collection[Filter],
        state: MadeState,
        reason: str,
        author: str,
    ) -> None:
        """Change the state of an invoice. Raises NotFound."""

    def accept(
        self,
        invoice_id: str,
        filters: Collection[Filter],
        reason: str,
        author: str,
        now: datetime,
    ) -> None:
        """Note that an invoice and its records, which the billing system
        refuses, are there all the same. 3 statements. Raises NotFound, and
        Conflict if it does not refuse it."""


class PriceSource(Protocol):
    """What things cost."""

    def prices(self) -> PriceList:
        """Return the price list as it is now. 1 statement; 1 more if a
        tariff was loaded since the last call."""


class BilledUsage(ArchiveReader, Protocol):
    """The periods that are rated."""

    def periods(
        self,
        filters: Sequence[Filter],
        window: Window,
        types: Types,
        limit: int,
        *,
        reach: Window | None = None,
        whole: bool = False,
        looks_at: Collection[str] = (),
    ) -> list[UsagePeriod]:
        """Return the periods that overlap a window, by resource and start.

        ``types`` of kinds are shown by their names. With a ``reach``, there
        are also all that overlap it, of the same projects; with ``whole``
        all of their resources before. Those have no names. ``looks_at``:
        the fields of a profile that are needed beside the usual ones:
        availability_zone, domain. No more than ``limit`` are fetched. 1
        statement. Fields to filter by: those of PeriodReader, and rack_id.
        """


@dc.dataclass(frozen=True, slots=True)
class StoredTariff:
    """A tariff with the document that it was loaded from.

    ``id``: its version; the tariffs of a site are counted from 1.
    """

    id: int
    tariff: Tariff
    document: Mapping[str, Any]
    author: str
    loaded_at: datetime


class TariffStore(Protocol):
    """The tariffs of a site, which are never changed nor removed."""

    def after(self, last: StoredTariff | None) -> list[StoredTariff]:
        """Return those that were loaded after one; None: all. By id. 1
        statement. Raises NotFound if that one is not there."""

    def add(self, tariff: StoredTariff) -> None:
        """Store a new tariff. 2 statements.

        Raises Conflict if another has its id or its name.
        """
