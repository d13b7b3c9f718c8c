"""The job that tells the billing system outside what is charged.

What is not acknowledged is told again, in the order in which it came to be:
so a run may be killed at any moment. An account is told by one agent at a
time; if that fails (a lock broke), the close of the month puts it right.
What corrects a month that has its invoice is told with the next invoice, of
which it is an item: both say it in coins then, and the same.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.billing.invoices import Invoice
from concertim_api.domain.billing.settlement import DailyRecord, OrderDay
from concertim_api.domain.errors import reason
from concertim_api.domain.waits import backoff
from concertim_api.services.billing.ports import PostingClaim, PostingStore
from concertim_api.services.billing.system import (
    BillingAway,
    BillingRefused,
    BillingSystem,
    Posting,
)
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Call, Job, Outcome, Stopped

LOG = logging.getLogger(__name__)

#: Accounts of a run, and records that are read at once.
_BATCH, _MOST = 10, 500

#: Records that are acknowledged together: as many are posted again after a
#: kill, which harms nothing.
_FLUSH = 50

#: An agent stops so long before its claim ends: no request takes longer.
_MARGIN = timedelta(minutes=2)

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)

#: What a run counts: *records*, *invoices* and *credits* that the billing
#: system took, and what it *refused*.
_COUNTS = ("records", "invoices", "credits", "refused")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    if built.billing.system is None:
        return
    poster = Poster(built.billing.system, built.store.postings, built.clock)
    yield Job("post", conf.billing.post_interval, poster.run)


@dc.dataclass(frozen=True, slots=True)
class Poster:
    """Posts the records, invoices and credits of accounts."""

    system: BillingSystem
    store: PostingStore
    clock: Clock

    def run(self, call: Call) -> Outcome:
        """Post what some accounts have; there may be more.

        2 statements if there is nothing to do. For each account 8, 1 for 50
        records, and 5 for an invoice; its requests are those of the billing
        system for each record, invoice and credit. What is refused, or fails,
        does not stop the other accounts; if the billing system is away, they
        wait, too. Raises Stopped between two requests.
        """
        self.store.begin(self.clock.now())
        counts: collections.Counter[str] = collections.Counter()
        errors: list[str] = []
        for _ in range(_BATCH):
            claim = self.store.claim(self.clock.now())
            if claim is None:
                return _outcome(counts, errors)
            account = _ClaimedAccount(self, claim, call, counts)
            is_there = self._post(account)
            errors += (
                f"account {claim.account.id}: {refusal}"
                for refusal in account.refusals
            )
            if not is_there:
                return _outcome(counts, errors)
        return _outcome(counts, errors, more=True)

    def _post(self, account: _ClaimedAccount) -> bool:
        """Post what an account has; return whether the billing system is
        there. Raises Stopped."""
        is_there, claim = True, account.claim
        try:
            account.post()
        except Stopped:
            account.flush()
            self.store.release(claim)
            raise
        except Exception as exc:  # the others go on
            is_there = not isinstance(exc, BillingAway)
            account.refusals.append(reason(exc))
        account.flush()
        if not account.refusals:
            self.store.release(claim)
            return True
        text = "; ".join(account.refusals[:10])
        LOG.warning("Account %s: %s", claim.account.id, text)
        wait = backoff(claim.attempts, _FIRST_WAIT, _LONGEST_WAIT)
        self.store.fail(claim, text, self.clock.now() + wait)
        return is_there


def _outcome(
    counts: Mapping[str, int], errors: Sequence[str], *, more: bool = False
) -> Outcome:
    return Outcome.counted(
        _COUNTS,
        counts,
        outcome="partial" if errors else "done",
        error="; ".join(errors[:10]),
        more=more,
    )


@dc.dataclass(slots=True)
class _ClaimedAccount:
    """What becomes of an account in a run.

    ``refused``: the days of which a record was. ``hindered``: the first month
    whose invoice can't be made now. ``unacknowledged``: the records that
    the billing system took, by their days.
    """

    poster: Poster
    claim: PostingClaim
    call: Call
    counts: collections.Counter[str]
    refusals: list[str] = dc.field(default_factory=list)
    refused: set[OrderDay] = dc.field(default_factory=set)
    hindered: date = date.max
    unacknowledged: dict[OrderDay, DailyRecord] = dc.field(
        default_factory=dict
    )

    def post(self) -> None:
        """Post what there is, month by month: the records of a month, then
        its invoice."""
        unposted = self.poster.store.unposted(self.claim.account.id, _MOST)
        for credit in unposted.credits:
            if self._is_late():
                return
            self._credit(credit)
        for work in unposted.in_order():
            if self._is_late():
                return
            if isinstance(work, Invoice):
                self._close(work)
            else:
                self._record(work)

    def flush(self) -> None:
        """Acknowledge the records that the billing system took."""
        if self.unacknowledged:
            now = self.poster.clock.now()
            self.poster.store.acknowledge([*self.unacknowledged.values()], now)
            self.unacknowledged.clear()

    def _is_late(self) -> bool:
        """Whether the claim ends. Raises Stopped."""
        self.call.progress("posting", 1)
        return self.poster.clock.now() >= self.claim.until - _MARGIN

    def _credit(self, credit: Credit) -> None:
        try:
            self.poster.system.credit(self.claim.account, credit)
        except BillingRefused as exc:
            self._refuse(credit, exc)
        else:
            self.counts["credits"] += 1
            self.poster.store.acknowledge([credit], self.poster.clock.now())

    def _record(self, posting: Posting) -> None:
        record = posting.record
        if record.place in self.refused:
            return
        if (
            record.place in self.unacknowledged
            or len(self.unacknowledged) == _FLUSH
        ):
            self.flush()
        try:
            self.poster.system.post(self.claim.account, posting)
        except BillingRefused as exc:
            self.refused.add(record.place)
            self._refuse(record, exc)
        else:
            self.counts["records"] += 1
            self.unacknowledged[record.place] = record

    def _close(self, invoice: Invoice) -> None:
        """Make an invoice, and end the orders of which it is the last."""
        if invoice.month >= self.hindered:
            return
        self.flush()
        store, account = self.poster.store, self.claim.account
        try:
            self.poster.system.close(account, store.bill(invoice))
            for order_id in store.ending(account.id, invoice.month):
                self.poster.system.end(account, order_id)
                store.ended(order_id, self.poster.clock.now())
        except BillingRefused as exc:
            self._refuse(invoice, exc)
        else:
            self.counts["invoices"] += 1
            store.acknowledge([invoice], self.poster.clock.now())

    def _refuse(
        self, refused: Credit | DailyRecord | Invoice, error: BillingRefused
    ) -> None:
        """Note what is refused and why; its month waits."""
        text = str(error)  # callers may read it
        if not isinstance(refused, Credit):
            self.hindered = min(self.hindered, refused.month)
        self.counts["refused"] += 1
        self.refusals.append(reason(error))
        self.poster.store.refuse(refused, text)
