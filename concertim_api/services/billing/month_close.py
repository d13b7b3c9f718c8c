"""The job that closes months: it makes the invoices of accounts."""

from __future__ import annotations

import collections
import dataclasses as dc
import logging
import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from concertim_api.domain.billing import invoices as domain
from concertim_api.domain.billing.invoices import Invoice
from concertim_api.domain.billing.settlement import DailyRecord, Settlement
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.errors import reason
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.ports import MonthStore, PriceSource
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Call, Job, Outcome
from concertim_api.services.ledger.archives import Keeper

LOG = logging.getLogger(__name__)

#: What a run counts: months that it *closed*, with an invoice or without, and
#: those that *failed*.
_COUNTS = ("closed", "failed")


MonthState = Literal["closed", "ready", "open"]
MONTH_STATES: tuple[MonthState, ...] = ("closed", "ready", "open")


class AccountMonth(NamedTuple):
    """A month of an account: it was *closed*, is *ready* to be, or *open*:
    then ``hindrance`` says why."""

    account_id: str
    project_id: str
    month: date
    state: MonthState
    hindrance: str | None


class MonthReport(NamedTuple):
    """The months that were open."""

    months: Sequence[AccountMonth]


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    if not built.billing.is_owed:
        return
    interval = conf.billing.invoices_interval
    yield Job("invoices", interval, built.month_close.run, continual=True)


def keepers(built: Any) -> Iterator[Keeper]:
    if not built.billing.is_owed:
        return
    months = built.store.invoices

    def needed(refs: Collection[Ref], before: datetime) -> Collection[Ref]:
        return refs if months.is_needed(before) else ()

    reason = "a month before the date is not closed yet, or is disputed"
    yield Keeper(reason, needed)


@dc.dataclass(frozen=True, slots=True)
class MonthClose:
    """Closes the open months of accounts: makes their invoices.

    ``grace``: how long after its end a month is closed. Killed at any moment,
    or run twice at once, it makes each invoice once.
    """

    months: MonthStore
    prices: PriceSource
    clock: Clock
    grace: timedelta

    def run(self, call: Call) -> Outcome:
        """Close the open month of each account that is due; there may be
        another after it.

        1 statement if no month is over; else 2, and 3 for each account
        that is due, 3 more for each invoice. An account that fails does not
        stop the others. Raises Stopped between two accounts.
        """
        now = self.clock.now()
        counts: collections.Counter[str] = collections.Counter()
        errors: list[str] = []
        over = (now - self.grace).date().replace(day=1)
        due = [
            settlement
            for settlement in self.months.open(over)
            if domain.hindrance(settlement, now, self.grace) is None
        ]
        prices = self.prices.prices() if due else PriceList(())
        for settlement in due:
            call.progress("account", 1)
            try:
                counts["closed"] += self.close(settlement, prices, now)
            except Exception as exc:  # the others go on
                counts["failed"] += 1
                errors.append(_failed(settlement, exc))
        return Outcome.counted(
            _COUNTS,
            counts,
            outcome="partial" if errors else "done",
            error="; ".join(errors[:10]),
            more=counts["closed"] > 0,
        )

    def report(
        self, month: date | None = None, *, dry_run: bool = False
    ) -> MonthReport:
        """Close the months that are due, up to one of them; return what
        became of each month that was open.

        ``month`` None: up to the last one that is over. Statements as
        ``run``, for each month.
        """
        now = self.clock.now()
        last = month or last_month(now.date())
        opened = self.months.open(domain.next_month(last))
        prices = self.prices.prices()
        months: list[AccountMonth] = []
        for settlement in opened:
            while settlement.open_month <= last:
                months.append(self._closed(settlement, prices, now, dry_run))
                if months[-1].state == "open":
                    break
                following = domain.next_month(settlement.open_month)
                settlement = settlement._replace(open_month=following)
        return MonthReport(months)

    def _closed(
        self,
        settlement: Settlement,
        prices: PriceList,
        now: datetime,
        dry_run: bool,
    ) -> AccountMonth:
        """Close a month if it is due; return what became of it."""
        state: MonthState = "ready" if dry_run else "closed"
        hindrance = domain.hindrance(settlement, now, self.grace)
        if hindrance is None and not dry_run:
            try:
                if not self.close(settlement, prices, now):
                    hindrance = "it has changed just now"
            except Exception as exc:  # the others go on
                hindrance = _failed(settlement, exc)
        return AccountMonth(
            settlement.account_id,
            settlement.project_id,
            settlement.open_month,
            state if hindrance is None else "open",
            hindrance,
        )

    def close(
        self, settlement: Settlement, prices: PriceList, now: datetime
    ) -> bool:
        """Close the open month of an account; return whether that was due
        still. Its statements are those of ``MonthStore.close``."""

        def is_due(current: Settlement) -> bool:
            return domain.hindrance(current, now, self.grace) is None

        def bill(records: Sequence[DailyRecord]) -> Invoice:
            invoice = domain.draft(
                settlement, settlement.open_month, records, prices, now
            )
            return dc.replace(
                invoice, id=str(uuid.uuid4()), state="closed", issued_at=now
            )

        return self.months.close(settlement, is_due, bill)


def last_month(day: date) -> date:
    """Return the first day of the month before that of a day."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _failed(settlement: Settlement, error: Exception) -> str:
    text = reason(error)
    account_id, month = settlement.account_id, settlement.open_month
    LOG.warning("%s of account %s is open: %s", month, account_id, text)
    return f"account {account_id}: {text}"
