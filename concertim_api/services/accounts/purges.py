"""Purges: a team is deleted with all that is in it, step by step.

Each run reads the ledger, and deletes what comes first; the next step begins
when nothing of that is left. So a run may be interrupted anywhere, and others
may delete at the same time. The ledger only gives the order: a resource is
deleted if the cloud itself shows it in the project. When the ledger has
nothing more, the cloud is asked. What it still has is recorded; when it has
nothing, the project is deleted.
"""

from __future__ import annotations

import collections
import dataclasses as dc
import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.operations import Operation
from concertim_api.domain.waits import backoff
from concertim_api.services.accounts.purge_step import PurgeStep
from concertim_api.services.accounts.remains import Remains, ledger_remains
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.ledger.ports import ResourceReader
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.operations.operations import log_state
from concertim_api.services.operations.ports import PurgeLog

LOG = logging.getLogger(__name__)

#: Purges that are carried on in one run.
_PURGES = 5

#: The waits double from the first to the longest, while nothing is gone.
_FIRST, _LONGEST = timedelta(seconds=1), timedelta(seconds=30)

OPEN_PURGES = equal(noun="team", action="purge", state="accepted")

#: What a run counts: purges that are *done*, and that *failed*; resources
#: that were asked to go (*deleted*), and that are *gone*.
_COUNTS = ("done", "failed", "deleted", "gone")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    purger = Purger(
        built.store.ledger,
        built.store.operations,
        built.recorder,
        built.clouds,
        built.clock,
        timeout=timedelta(seconds=conf.operations.confirm_timeout),
    )
    yield continual("purge", conf.operations.interval, purger.run)


class Purger:
    """Carries purges on, with the service's own credentials.

    ``timeout``: a purge has failed if nothing is gone for so long, while an
    agent carried it on.
    """

    def __init__(
        self,
        ledger: ResourceReader,
        log: PurgeLog,
        recorder: Recorder,
        clouds: Mapping[str, Region],
        clock: Clock,
        timeout: timedelta,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._recorder = recorder
        self._clouds = clouds
        self._remains = Remains(ledger, clouds)
        self._clock = clock
        self._timeout = timeout

    def run(self) -> Outcome:
        """Carry on the purges that are due, 5 at most.

        Statements: 1 if there is none; for each, 2, and those of
        ``Recorder.reconcile``, twice for each of at most 10 resources.
        Requests for each resource: those of ``Cloud.look``, which shows its
        project; if it is deleted, 1 for that, and those of ``Cloud.look``
        again. Backups are deleted one by one: those of ``RemainsActions.of``,
        and 1. When the ledger has nothing more: those of ``Remains.of``, and
        of ``Cloud.look`` for the first of each kind; 1 for the project.

        Raises Unavailable.
        """
        now = self._clock.now()
        listing = Listing(filters=OPEN_PURGES, sort=(("asked_at", False),))
        due = [
            purge
            for purge in self._log.page(listing).rows
            if purge.look_at is not None and purge.look_at <= now
        ]
        counts: collections.Counter[str] = collections.Counter()
        for purge in due[:_PURGES]:
            try:
                counts.update(self._carry(purge))
            except Unavailable:  # that is not the error of one purge
                raise
            except Exception:  # a fault of ours must not stop the others
                LOG.exception("%s can't be carried on", purge.in_words)
        return Outcome.counted(
            _COUNTS,
            counts,
            wakes=("view", "operations") if counts["gone"] else (),
        )

    def _carry(self, purge: Operation) -> Mapping[str, int]:
        """Carry a purge on, and return the counts."""
        assert purge.ref is not None
        step = PurgeStep(
            purge.ref,
            ledger_remains(self._ledger, purge.region, purge.ref.id),
            self._remains,
            self._clouds,
            self._recorder,
            self._clock,
        )
        if step.run():
            self._finish(purge, "done", None)
            return {"done": 1, "deleted": 1, "gone": 1}
        return self._wait(purge, step)

    def _wait(self, purge: Operation, step: PurgeStep) -> Mapping[str, int]:
        """Save how far a purge is, and when it goes on, or that it failed."""
        now = self._clock.now()
        is_moving = _is_moving(purge, step)
        looks = 0 if is_moving or step.is_slow else purge.looks + 1
        wait = backoff(looks, _FIRST, _LONGEST)
        # Time in which no agent ran does not count.
        waited = 0 if is_moving else purge.arguments.get("waited", 0)
        if waited > self._timeout.total_seconds():
            self._finish(purge, "failed", step.problem)
            return {"failed": 1, **step.counts}
        more = {
            "left": step.remains.counts,
            "waited": waited + wait.total_seconds(),
        }
        self._log.save(
            dc.replace(
                purge,
                arguments={**purge.arguments, **more},
                error=step.error,
                look_at=now if step.gone else now + wait,
                looks=looks,
            )
        )
        return step.counts

    def _finish(
        self,
        purge: Operation,
        state: Literal["done", "failed"],
        error: str | None,
    ) -> None:
        arguments = dict(purge.arguments)
        if state == "done":
            arguments.pop("left", None)
        purge = dc.replace(purge, arguments=arguments)
        purge = purge.finished(state, error, self._clock.now())
        self._log.save(purge)
        log_state(purge)


def _is_moving(purge: Operation, step: PurgeStep) -> bool:
    """Whether something is gone since the last step."""
    before = purge.arguments.get("left")
    return (
        step.gone > 0
        or before is None
        or sum(step.remains.counts.values()) < sum(before.values())
    )
