"""What becomes of operations that the cloud finishes later.

Events tell it mostly, within a second; for what they missed, the resource is
asked for, ever more seldom.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from concertim_api.domain import operations
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.operations import Operation, Seen, seen_in
from concertim_api.domain.waits import backoff
from concertim_api.services.cloud.reading import Cloud, NotListed
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.operations.ports import OpenOperations

LOG = logging.getLogger(__name__)

#: The waits between two looks double from the first to the longest.
_FIRST, _LONGEST = timedelta(seconds=2), timedelta(seconds=60)

#: Operations that are looked after in one run.
_MANY = 200

#: Resources that the cloud is asked for in one run.
_ASKED_FOR = 10


#: What a run counts: operations that turned out so, resources that were
#: *asked* for, and operations that were *forgotten*.
_COUNTS = ("done", "failed", "unsure", "asked", "forgotten")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    days = conf.operations.keep_days
    outcomes = Outcomes(
        built.store.operations,
        built.recorder,
        built.clouds,
        built.clock,
        timeout=timedelta(seconds=conf.operations.confirm_timeout),
        keep=timedelta(days=days) if days else None,
    )
    yield continual("operations", conf.operations.interval, outcomes.run)


class Outcomes:
    """Confirms operations by what is seen, or contradicts them.

    ``timeout``: after which an operation of which nothing was seen is
    *unsure*. ``keep``: how long finished ones are kept; None: for ever.
    """

    def __init__(
        self,
        log: OpenOperations,
        recorder: Recorder,
        clouds: Mapping[str, Cloud],
        clock: Clock,
        *,
        timeout: timedelta,
        keep: timedelta | None,
    ) -> None:
        self._log = log
        self._recorder = recorder
        self._clouds = clouds
        self._clock = clock
        self._timeout = timeout
        self._keep = keep

    def run(self) -> Outcome:
        """Judge the open operations.

        Statements: 2 if there are none, else 3; 1 for each that is judged,
        and those of ``Recorder.reconcile`` for each that is looked at.
        Requests: those of ``Cloud.look`` for each that is due, 10 at most.
        """
        counts: collections.Counter[str] = collections.Counter()
        now = self._clock.now()
        asked = 0
        waiting = self._log.open_ones(_MANY)
        seen = self._log.seen([one.ref for one in waiting if one.ref])
        for one in waiting:
            known = seen.get(one.ref) if one.ref else None
            found = self._judged(one, known, now)
            if found is None and _is_due(one, now):
                if asked >= _ASKED_FOR:
                    continue
                asked += 1
                found = self._looked(one, now)
            if found is not None:
                self._log.save(found)
                if found.state in operations.FINAL:
                    counts[found.state] += 1
        counts["asked"] = asked
        if self._keep is not None:
            counts["forgotten"] = self._log.forget(now - self._keep, _MANY)
        return Outcome.counted(
            _COUNTS, counts, wakes=("view",) if counts["asked"] else ()
        )

    def _judged(
        self, one: Operation, known: Seen | None, now: datetime
    ) -> Operation | None:
        """Return an operation with what came of it, if that is known."""
        verdict = operations.judge(one, known)
        if verdict is None:
            return None
        LOG.info(
            "%s %s of %s is %s",
            one.noun,
            one.action,
            one.resource_id,
            verdict.state,
        )
        return dc.replace(
            one,
            state=verdict.state,
            error=verdict.error,
            finished_at=now,
            look_at=None,
        )

    def _looked(self, one: Operation, now: datetime) -> Operation:
        """Ask for the resource itself; return what is to be saved."""
        error = one.error
        try:
            known = self._ask(one)
            found = self._judged(one, known, self._clock.now())
            if found is not None:
                return found
        except (Unavailable, NotListed) as exc:
            error = str(exc)
        if now - one.asked_at > self._timeout:
            return dc.replace(
                one,
                state="unsure",
                error=error or "nothing showed in time what came of it",
                finished_at=now,
                look_at=None,
            )
        wait = backoff(one.looks, _FIRST, _LONGEST)
        return dc.replace(
            one, error=error, look_at=now + wait, looks=one.looks + 1
        )

    def _ask(self, one: Operation) -> Seen | None:
        cloud, ref = self._clouds.get(one.region), one.ref
        if cloud is None or ref is None:
            return None
        sightings = cloud.look(ref.kind, ref.id)
        self._recorder.reconcile(sightings)
        return seen_in(sightings, ref)


def _is_due(one: Operation, now: datetime) -> bool:
    if (one.noun, one.action) in operations.CARRIED:
        return False
    return one.look_at is not None and one.look_at <= now
