"""The job that settles accounts: each finished day of each order is charged.

What a day is charged is worked out anew, and compared with its records: so a
run may be killed at any moment, or be repeated, and two agents may settle one
account at once, and nothing is charged twice.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import logging
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from concertim_api.domain.billing.rating import Span, midnight
from concertim_api.domain.errors import reason
from concertim_api.domain.waits import backoff
from concertim_api.services.billing.ports import Claim, Settlements
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.billing.record_source import RecordSource
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
    if not built.billing.is_owed:
        return
    settler = Settler(
        built.store.settlements,
        built.rated_usage.without_limit(),
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

    @property
    def records(self) -> RecordSource:
        """What says which records days lack."""
        return RecordSource(self.settlements, self.usage)

    def run(self, call: Call) -> Outcome:
        """Settle some accounts; there may be more.

        5 statements if there is nothing to do. For each account, and each 31
        days of it, 7 and those of ``RatedUsage``, which reads the periods of
        its project on these days. An account that fails waits, up to an hour,
        and the others go on. Raises Stopped between two accounts.
        """
        now = self.clock.now()
        until = (now - self.delay).date()
        self.settlements.begin()
        self.settlements.mark(self.usage.prices().tariffs)
        counts: collections.Counter[str] = collections.Counter()
        errors: list[str] = []
        claims = self.settlements.claim(until, now, _BATCH)
        for number, claim in enumerate(claims):
            if call.stopping():
                self.settlements.release(claims[number:])
            call.progress("account", 1)
            try:
                counts.update(self._settle(claim, until))
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

    def _settle(self, claim: Claim, until: date) -> Mapping[str, int]:
        """Settle an account up to a day, or the first days of it."""
        # After the claim, whose news may be that of a tariff.
        prices = self.usage.prices()
        settlement = claim.settlement
        until = max(until, settlement.settled_until)
        first = min(self.records.first(settlement), until)
        last = min(until, first + _DAYS)
        span = Span(midnight(first), midnight(last))
        records = self.settlements.records(settlement.account_id, first, last)
        news = self.records.lacking(settlement, prices, span, records)
        if not self.settlements.settle(claim, last, news, self.clock.now()):
            return {"taken": 1}
        return {"settled": 1, "records": len(news)}

    def _failed(self, claim: Claim, error: Exception) -> str:
        """Note that an account failed; return why."""
        text = reason(error)
        account_id = claim.settlement.account_id
        LOG.warning("Account %s was not settled: %s", account_id, text)
        wait = backoff(claim.attempts, _FIRST_WAIT, _LONGEST_WAIT)
        self.settlements.fail(claim, text, self.clock.now() + wait)
        return f"account {account_id}: {text}"
