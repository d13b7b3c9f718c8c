"""The push: the front end shows what the view shows."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses as dc
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from concertim_api.services.billing.ports import RackOrders
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Call, Job, Outcome
from concertim_api.services.jobs.ports import JobLister
from concertim_api.services.push.batch import PushBatch
from concertim_api.services.push.execution import Execution
from concertim_api.services.push.frontend import FrontEnd, FrontEndAway
from concertim_api.services.push.guard import DeletionGuard
from concertim_api.services.push.ports import Bindings
from concertim_api.services.push.survey import FrontEndIndex, survey
from concertim_api.services.view.ports import Freshness, ViewReader

#: After a conflict, the next survey comes so long after the last.
_CONFLICT_WAIT = timedelta(seconds=60)

#: While nothing is due, bindings in trouble are counted so often.
_COUNT_WAIT = timedelta(seconds=10)


#: What a run counts, in things of the front end: what became of them, and
#: how often all that it holds was listed. What is *unchanged* was as it is to
#: be, without a request.
_COUNTS = (
    *("created", "updated", "replaced", "deleted", "unchanged"),
    *("failed", "waiting", "refused", "kept", "surveys"),
)


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    if built.front_end is not None:
        push = pusher(conf, built).job
        interval = conf.frontend.push_interval
        yield Job("push", interval, push, continual=True)


def pusher(conf: Any, built: Any) -> Pusher:
    """Return the push to the front end, which there is."""
    return Pusher(
        built.store.bindings,
        built.store.view,
        built.store.projection,
        built.store.jobs,
        built.front_end,
        built.clock,
        regions=built.clouds,
        max_delete_ratio=conf.frontend.max_delete_ratio,
        concurrency=conf.frontend.concurrency,
        survey_interval=conf.frontend.survey_interval,
        orders=built.store.orders if built.billing.is_owed else None,
    )


class Pusher:
    """Makes the front end show the view. One at a time.

    Level-triggered: bindings that are due are compared with the view, and
    only what differs is written. A survey comes first, then from time to
    time, and whenever the front end may hold other objects than we know.
    """

    def __init__(
        self,
        bindings: Bindings,
        view: ViewReader,
        projection: Freshness,
        jobs: JobLister,
        front_end: FrontEnd,
        clock: Clock,
        *,
        regions: Collection[str] = (),
        max_delete_ratio: float = 0.2,
        concurrency: int = 4,
        survey_interval: float = 3600,
        orders: RackOrders | None = None,
    ) -> None:
        self._bindings = bindings
        self._view = view
        self._projection = projection
        self._jobs = jobs
        self._front_end = front_end
        self._clock = clock
        self._regions = regions
        self._max_delete_ratio = max_delete_ratio
        self._survey_interval = timedelta(seconds=survey_interval)
        self._orders = orders
        self._surveyed_at: datetime | None = None
        self._needs_survey = self._has_conflicts = False
        self._counted_at: datetime | None = None
        self._troubled = 0
        self._index = FrontEndIndex()
        self._pool = concurrent.futures.ThreadPoolExecutor(
            concurrency, thread_name_prefix="push"
        )

    def job(self, call: Call) -> Outcome:
        """Push what is due; all of it, if deletions are confirmed by that."""
        accept, retry, look = (
            bool(call.options.get(name))
            for name in ("accept_deletes", "retry", "survey")
        )
        totals: collections.Counter[str] = collections.Counter()
        try:
            while True:
                outcome = self.run(
                    accept_deletes=accept,
                    retry=retry,
                    look=look,
                    is_stopping=call.stopping,
                )
                totals.update(outcome.summary)
                if not (accept and outcome.more) or call.stopping():
                    is_idle = not any(totals.values())
                    return dc.replace(outcome, summary=totals, idle=is_idle)
                retry = look = False
        except FrontEndAway as exc:
            return Outcome("failed", totals, error=f"the front end: {exc}")

    def run(
        self,
        limit: int = 1000,
        *,
        accept_deletes: bool = False,
        retry: bool = False,
        look: bool = False,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        """Push the bindings that are due, ``limit`` at most.

        ``accept_deletes``: deletions need no confirmation. ``retry``: what
        failed or was refused is due now. ``look``: a survey comes first.

        Requests: 1 for each object that differs, 2 for one that is deleted
        and created again, and those of a survey. Statements: 1 if nothing is
        due, and 1 more each ten seconds; else 25 at most, and 4 for each
        hundred objects or quarter of a second. Memory: ``limit`` objects.

        Raises FrontEndAway; what was done until then is stored.
        """
        now = self._clock.now()
        if accept_deletes or retry:
            self._bindings.retry(now)
        surveyed = self._survey(now, look)
        if not surveyed and not self._bindings.is_due(now):
            return self._outcome({}, now)
        execution = Execution(
            self._front_end,
            self._bindings,
            self._clock,
            self._pool,
            is_stopping,
        )
        guard = DeletionGuard(
            self._bindings,
            self._projection,
            self._jobs,
            self._regions,
            self._max_delete_ratio,
            is_open=accept_deletes,
        )
        batch = PushBatch(
            self._bindings,
            self._view,
            self._front_end,
            self._index,
            execution,
            self._clock,
            guard,
            self._orders,
        )
        try:
            due = self._bindings.due(self._clock.now(), limit)
            guard.prepare(due)
            batch.push(due)
        finally:
            execution.save()
            self._needs_survey |= execution.needs_survey
            self._has_conflicts |= execution.has_conflicts
        if execution.away is not None:
            raise FrontEndAway(str(execution.away))
        counts = collections.Counter(batch.outcomes())
        counts["surveys"] = int(surveyed)
        more = len(due) >= limit or execution.needs_survey or batch.woken > 0
        self._counted_at = None
        return self._outcome(counts, self._clock.now(), more)

    def _outcome(
        self, counts: Mapping[str, int], now: datetime, more: bool = False
    ) -> Outcome:
        """Return what a run came to: *partial* while things are failing or
        refused, those of earlier runs included."""
        wrong = self._trouble(now)
        return Outcome.counted(
            _COUNTS,
            counts,
            outcome="partial" if wrong else "done",
            error=f"{wrong} can't be pushed: see push list" if wrong else "",
            more=more,
        )

    def _trouble(self, now: datetime) -> int:
        """Return how many bindings are in trouble; counted now and then."""
        last = self._counted_at
        if last is None or now - last >= _COUNT_WAIT:
            self._troubled = self._bindings.troubled()
            self._counted_at = now
        return self._troubled

    def _survey(self, now: datetime, look: bool) -> bool:
        """Survey the front end, if it is time; return whether it was."""
        self._needs_survey |= look  # until a survey succeeds
        wait = self._survey_interval
        if self._has_conflicts:
            wait = min(wait, _CONFLICT_WAIT)
        last = self._surveyed_at
        if last and not self._needs_survey and now - last < wait:
            return False
        survey(self._front_end, self._bindings, self._index, now)
        self._surveyed_at = now
        self._needs_survey = self._has_conflicts = False
        return True
