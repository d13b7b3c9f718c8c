"""The backlog: what waits to be done, and how jobs last went."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from concertim_api.services.billing.ports import (
    PostingCounter,
    SettlementCounter,
)
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.ports import JobLister, JobRecord
from concertim_api.services.ledger.ports import (
    LetterBox,
    RefoldQueue,
    RefreshRequests,
)
from concertim_api.services.monitoring.ports import HeartbeatReader
from concertim_api.services.operations.ports import OperationCounter
from concertim_api.services.push.ports import PushBacklog, PushState

#: More dead letters are not counted.
MOST_LETTERS = 10_000

_SYNC = "sync:"

#: A day is settled well within the next one.
_DAY = timedelta(days=1)


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits at a moment.

    ``push_due_since`` None: nothing is to be pushed now. ``pushes``: how
    many are in each state but *pushed*; empty: there is no front end.
    ``settlements``: the accounts with days that should be settled by now, or
    a month that should have its invoice. ``postings``: what the billing
    system has not acknowledged; empty: there is none.
    ``listeners``: how many processes reported of a region lately. ``listed``:
    when a full sync last listed all of a region, if this process
    has seen one.
    """

    at: datetime
    push_due_since: datetime | None
    pushes: Mapping[PushState, int]
    refreshes: Mapping[str, int]
    refolds: int
    operations: Mapping[str, int]
    settlements: Mapping[str, int]
    postings: Mapping[str, int]
    dead_letters: int
    listeners: Mapping[str, int]
    jobs: Sequence[JobRecord]
    listed: Mapping[str, datetime]


class Backlogs:
    """``kinds``: what a sync lists in each region. ``bindings`` None: there is
    no front end. Bindings become due without one, too. ``settlements`` None:
    nothing is billed; ``postings`` None: nobody but us bills. ``grace``: how
    long after its end a month has no invoice."""

    def __init__(
        self,
        jobs: JobLister,
        refreshes: RefreshRequests,
        refolds: RefoldQueue,
        operations: OperationCounter,
        letters: LetterBox,
        heartbeats: HeartbeatReader,
        clock: Clock,
        kinds: Mapping[str, Collection[str]],
        bindings: PushBacklog | None = None,
        settlements: SettlementCounter | None = None,
        postings: PostingCounter | None = None,
        grace: timedelta = timedelta(),
    ) -> None:
        self._jobs = jobs
        self._refreshes = refreshes
        self._refolds = refolds
        self._operations = operations
        self._letters = letters
        self._heartbeats = heartbeats
        self._settlements = settlements
        self._postings = postings
        self._grace = grace
        self._clock = clock
        self._kinds = kinds
        self._bindings = bindings
        self._listed: dict[str, datetime] = {}

    def look(self) -> Backlog:
        """Return what waits now. 10 statements. Raises Unavailable."""
        now = self._clock.now()
        jobs = self._jobs.jobs()
        for job in jobs:
            self._see(job)
        bindings, postings = self._bindings, self._postings
        return Backlog(
            at=now,
            push_due_since=bindings.due_since(now) if bindings else None,
            pushes=bindings.unpushed() if bindings else {},
            refreshes=self._refreshes.counts(),
            refolds=self._refolds.unfinished_count(),
            operations=self._operations.waiting(),
            settlements=self._unsettled(now),
            postings=postings.unposted_count() if postings else {},
            dead_letters=self._letters.count(MOST_LETTERS),
            listeners=self._listeners(now),
            jobs=jobs,
            listed=dict(self._listed),
        )

    def _unsettled(self, now: datetime) -> Mapping[str, int]:
        if self._settlements is None:
            return {}
        day = (now - _DAY).date()
        month = (now - _DAY - self._grace).date().replace(day=1)
        return self._settlements.unsettled(day, month)

    def _listeners(self, now: datetime) -> Mapping[str, int]:
        counts: collections.Counter[str] = collections.Counter()
        for beat in self._heartbeats.heartbeats():
            counts[beat.region] += beat.is_alive(now)
        return counts

    def _see(self, job: JobRecord) -> None:
        """Remember a full sync that listed everything: the record of the next
        sync replaces this one."""
        region = job.name.removeprefix(_SYNC)
        if region == job.name or job.outcome != "done":
            return
        is_whole = {*self._kinds.get(region, ())} <= job.summary.keys()
        if is_whole and job.finished_at is not None:
            self._listed[region] = job.finished_at
