"""The job that settles accounts: each finished day of each order is charged.

What a day is charged is worked out anew, and compared with its records: so a
run may be killed at any moment, or be repeated, and two agents may settle one
account at once, and nothing is charged twice.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from concertim_api.domain.billing import settlement
from concertim_api.domain.billing.orders import Order, charged_order
from concertim_api.domain.billing.rating import (
    ChargeLine,
    Span,
    days_of,
    midnight,
    part_of_day,
)
from concertim_api.domain.billing.settlement import DailyRecord, OrderDay
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.errors import reason
from concertim_api.domain.waits import backoff
from concertim_api.services.billing.ports import Claim, Settlements
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.common.listing import Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Call, Job, Outcome

LOG = logging.getLogger(__name__)

#: Accounts that are claimed at once.
_BATCH = 20

#: Days that are rated together.
_DAYS = timedelta(days=31)

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)

#: What a run counts: accounts that it *settled*, those that *failed*, those
#: that another agent *took*, and new *records*.
_COUNTS = ("settled", "failed", "taken", "records")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    if conf.billing.driver == "none":
        return
    settler = Settler(
        built.store.settlements,
        built.rated_usage,
        built.clock,
        timedelta(seconds=conf.billing.settle_delay),
    )
    yield Job("settle", conf.billing.settle_interval, settler.run)


@dc.dataclass(frozen=True, slots=True)
class Settler:
    """Settles the accounts of which a day has ended, or whose usage or prices
    changed.

    ``delay``: how long after its end a day is settled: who reports late, or
    tags an order late, is heard until then without a correction.
    """

    settlements: Settlements
    usage: RatedUsage
    clock: Clock
    delay: timedelta

    def run(self, call: Call) -> Outcome:
        """Settle some accounts; there may be more.

        5 statements if there is nothing to do. For each account, and each 31
        days of it, 6 and those of ``RatedUsage``, which reads the periods of
        its project on these days. An account that fails waits, up to an hour,
        and the others go on. Raises Stopped between two accounts.
        """
        now = self.clock.now()
        until = (now - self.delay).date()
        self.settlements.begin()
        prices = self.usage.prices()
        self.settlements.mark(prices.tariffs)
        counts: collections.Counter[str] = collections.Counter()
        errors: list[str] = []
        claims = self.settlements.claim(until, now, _BATCH)
        for claim in claims:
            call.progress("account", 1)
            try:
                counts.update(self._settle(claim, prices, until))
            except Exception as exc:  # the others go on
                counts["failed"] += 1
                errors.append(self._failed(claim, exc))
        return Outcome.counted(
            _COUNTS,
            counts,
            outcome="partial" if errors else "done",
            error="; ".join(errors[:10]),
            more=len(claims) == _BATCH,
        )

    def _settle(
        self, claim: Claim, prices: PriceList, until: date
    ) -> Mapping[str, int]:
        """Settle an account up to a day, or the first days of it."""
        until = max(until, claim.settled_until)
        first = min(max(claim.first, self._complete_from()), until)
        last = min(until, first + _DAYS)
        news = self._corrections(claim, prices, first, last)
        if not self.settlements.settle(claim, last, news, self.clock.now()):
            return {"taken": 1}
        return {"settled": 1, "records": len(news)}

    def _corrections(
        self, claim: Claim, prices: PriceList, first: date, last: date
    ) -> Sequence[DailyRecord]:
        """Return the records that the days of an account lack."""
        records = self.settlements.records(claim.account_id, first, last)
        orders = self.settlements.orders(claim.account_id)
        span = Span(midnight(first), midnight(last))
        lines = self.usage.lines(
            prices,
            Scope(claim.project_id),
            (),
            span,
            [part_of_day(day, span) for day in days_of(span)],
        )
        places = {record.place for record in records}
        desired = settlement.charged(
            lines, _order_of(claim.account_id, orders, places)
        )
        return [*settlement.corrections(desired, records, claim.open_month)]

    def _complete_from(self) -> date:
        """Return the first day of the first month that has all its usage:
        what is archived is settled, and has its invoice."""
        before = self.usage.archived_before()
        if before is None:
            return date.min
        return (before.replace(day=1) + _DAYS).date().replace(day=1)

    def _failed(self, claim: Claim, error: Exception) -> str:
        """Note that an account failed; return why."""
        text = reason(error)
        LOG.warning("Account %s was not settled: %s", claim.account_id, text)
        wait = backoff(claim.attempts, _FIRST_WAIT, _LONGEST_WAIT)
        self.settlements.fail(claim, text, self.clock.now() + wait)
        return f"account {claim.account_id}: {text}"


def _order_of(
    account_id: str, orders: Sequence[Order], places: Collection[OrderDay]
) -> Callable[[ChargeLine], str]:
    """Return what says to which order a line of a day is charged: that of its
    rack; without one, to the account itself."""
    by_stack = collections.defaultdict(list)
    for order in orders:
        by_stack[order.region, order.stack_id].append(order)
    chosen: dict[tuple[str, str | None, date], str] = {}

    def order_of(line: ChargeLine) -> str:
        profile, names, day = (
            line.period.profile,
            line.period.names,
            line.start.date(),
        )
        rack_id = names.rack_id if names else None
        place = profile.region, rack_id, day
        if place not in chosen:
            stack = by_stack.get((profile.region, rack_id))
            recorded = {o.id for o in stack or () if (o.id, day) in places}
            chosen[place] = (
                charged_order(stack, recorded) if stack else account_id
            )
        return chosen[place]

    return order_of
