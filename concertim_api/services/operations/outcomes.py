"""The verdicts on operations that the cloud finishes later.

Events mostly bring the evidence, within a second. If they do not, a look is
taken at the resource, less and less often.
"""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from concertim_api.domain import operations
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.observations import Observation
from concertim_api.domain.operations import Evidence, Operation, evidence_of
from concertim_api.domain.waits import backoff
from concertim_api.services.cloud.reading import Cloud, NotListed
from concertim_api.services.common.listing import Filter, Listing, equal
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.ledger.ports import HistoryReader
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.operations.operations import log_state
from concertim_api.services.operations.ports import OpenOperations

#: The waits between two looks double from the first to the longest.
_FIRST, _LONGEST = timedelta(seconds=2), timedelta(seconds=60)

#: Operations that are followed in one run.
_MANY = 200

#: Looks that are taken in one run.
_LOOKS = 10

#: Observations that are read for one operation.
_OBSERVATIONS = 1000


#: What a run counts: operations that turned out so, resources that were
#: *asked* for, and operations that were *forgotten*.
_COUNTS = ("done", "failed", "unsure", "asked", "forgotten")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    days = conf.operations.keep_days
    outcomes = Outcomes(
        built.store.operations,
        built.store.histories,
        built.recorder,
        built.clouds,
        built.clock,
        timeout=timedelta(seconds=conf.operations.confirm_timeout),
        keep=timedelta(days=days) if days else None,
    )
    yield continual("operations", conf.operations.interval, outcomes.run)


@dc.dataclass(frozen=True, slots=True)
class Outcomes:
    """Finds the verdicts on operations.

    ``timeout``: an operation that was followed for so long without a verdict
    is *unsure*. Time in which no agent ran does not count.
    ``keep``: how long finished operations are kept; None: for ever.
    """

    log: OpenOperations
    histories: HistoryReader
    recorder: Recorder
    clouds: Mapping[str, Cloud]
    clock: Clock
    _: dc.KW_ONLY
    timeout: timedelta
    keep: timedelta | None

    def run(self) -> Outcome:
        """Judge the open operations.

        Statements: 2 if there are none, else 3; 1 for each verdict, 3 for one
        that is not *done*, and those of ``Recorder.reconcile`` for each look.
        Requests: those of ``Cloud.look`` for each operation that is due, 10
        at most.
        """
        counts = collections.Counter(asked=0)
        now = self.clock.now()
        unfinished = self.log.unfinished(_MANY)
        refs = [operation.ref for operation in unfinished]
        evidence = self.log.evidence([ref for ref in refs if ref])
        for operation, ref in zip(unfinished, refs, strict=True):
            if _is_awaited(operation, now):
                continue
            changed = self._judged(
                operation, evidence.get(ref) if ref else None, now
            )
            if changed is None and _is_due(operation, now):
                if counts["asked"] >= _LOOKS:
                    continue
                counts["asked"] += 1
                changed = self._looked(operation, now)
            if changed is not None:
                self.log.save(changed)
                if changed.state in operations.FINAL:
                    log_state(changed)
                    counts[changed.state] += 1
        if self.keep is not None:
            counts["forgotten"] = self.log.forget(now - self.keep, _MANY)
        return Outcome.counted(
            _COUNTS, counts, wakes=("view",) if counts["asked"] else ()
        )

    def _judged(
        self, operation: Operation, evidence: Evidence | None, now: datetime
    ) -> Operation | None:
        """Return an operation with its verdict; None: there is none yet."""
        verdict = operations.judge(operation, evidence)
        if verdict is None:
            return None
        if verdict.state != "done":
            facts = self._observations(operation)
            verdict = operations.judge_past(
                operation, facts
            ) or operations.doubt(
                operation,
                verdict,
                in_time=not _is_late(operation, now),
                is_alone=self.log.is_alone(operation),
            )
        return operation.finished(verdict.state, verdict.error, now)

    def _observations(self, operation: Operation) -> Sequence[Observation]:
        """Return what was observed of the resource since then: it may have
        been as it was to be before something else was done to it."""
        if operation.ref is None:
            return ()
        region, kind, resource_id = operation.ref
        filters = (
            *equal(region=region, kind=kind, resource_id=resource_id),
            Filter("reported_at", "gt", operation.since),
        )
        listing = Listing(filters, limit=_OBSERVATIONS)
        return self.histories.observations(listing).rows

    def _looked(self, operation: Operation, now: datetime) -> Operation:
        """Take a look at the resource; return what is to be saved."""
        error = operation.error
        try:
            evidence = self._look(operation)
            judged = self._judged(operation, evidence, self.clock.now())
            if judged is not None:
                return judged
        except (Unavailable, NotListed) as exc:
            error = str(exc)
        if _followed(operation) > self.timeout:
            error = error or "nothing showed in time what came of it"
            return operation.finished("unsure", error, now)
        wait = backoff(operation.looks, _FIRST, _LONGEST)
        return dc.replace(
            operation,
            error=error,
            look_at=now + wait,
            looks=operation.looks + 1,
        )

    def _look(self, operation: Operation) -> Evidence | None:
        cloud, ref = self.clouds.get(operation.region), operation.ref
        if cloud is None or ref is None:
            return None
        sightings = cloud.look(ref.kind, ref.id)
        self.recorder.reconcile(sightings)
        return evidence_of(sightings, ref)


def _followed(operation: Operation) -> timedelta:
    """Return for how long looks were taken at an operation."""
    waits = (backoff(n, _FIRST, _LONGEST) for n in range(operation.looks))
    return sum(waits, timedelta())


def _is_awaited(operation: Operation, now: datetime) -> bool:
    """Whether a caller may still wait for the cloud: that answer comes
    first, and evidence only if there is none in time."""
    return (
        operation.answered_at is None
        and operation.looks == 0
        and operation.look_at is not None
        and operation.look_at > now
    )


def _is_late(operation: Operation, now: datetime) -> bool:
    """Whether nobody looked when somebody should have."""
    return operation.look_at is not None and (
        now - operation.look_at > _LONGEST
    )


def _is_due(operation: Operation, now: datetime) -> bool:
    if operation.course is not None and operation.course.is_stepwise:
        return False
    return operation.look_at is not None and operation.look_at <= now
