"""Targeted refreshes: ask the cloud for what an event did not tell."""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses as dc
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from concertim_api.domain.errors import reason
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.waits import backoff
from concertim_api.services.cloud.reading import Cloud, NotListed
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.ledger.ports import Refresh, RefreshQueue
from concertim_api.services.ledger.recorder import Recorder, in_parts

LOG = logging.getLogger(__name__)

#: The first wait after a failure, and the longest.
_WAIT, _WAIT_MAX = timedelta(seconds=2), timedelta(minutes=10)


#: What may become of a refresh; *unasked*: there is no cloud to ask.
_BECAME = ("news", "nothing", "failed", "unasked")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    refresher = Refresher(
        built.store.refreshes, built.recorder, built.clouds, built.clock
    )
    yield continual("refresh", conf.agent.refresh_interval, refresher.run)


@dc.dataclass(frozen=True, slots=True)
class Refresher:
    """Answers the refreshes that are due, some at a time.

    Asking for one object many times is one refresh: what was asked for
    while the cloud answered is asked again, once.
    """

    refreshes: RefreshQueue
    recorder: Recorder
    clouds: Mapping[str, Cloud]
    clock: Clock
    concurrency: int = 4

    def run(self, limit: int = 20) -> Outcome:
        """Answer what is due, so many at most: a run can't be made to end
        before. What fails is due again later.

        Requests: those of ``Cloud.look`` for each. Statements: 1 if nothing
        is due; 1 for each answer beside those of ``Recorder.reconcile``.
        """
        due = self.refreshes.due(self.clock.now(), limit)
        if not due:
            return Outcome.counted(_BECAME, {})
        with concurrent.futures.ThreadPoolExecutor(self.concurrency) as pool:
            answers = pool.map(self._look, due)
            counts = collections.Counter(
                self._settle(refresh, answer)
                for refresh, answer in zip(due, answers, strict=True)
            )
        return Outcome.counted(
            _BECAME,
            counts,
            more=len(due) >= limit,
            wakes=("view",) if counts["news"] else (),
        )

    def _look(self, refresh: Refresh) -> Sequence[Sighting] | Exception | None:
        """Return what the cloud says, or why it doesn't; None: there is no
        cloud to ask."""
        cloud = self.clouds.get(refresh.ref.region)
        if cloud is None:
            return None
        try:
            return cloud.look(refresh.ref.kind, refresh.ref.id)
        except NotListed:
            return None
        except Exception as exc:
            return exc

    def _settle(
        self,
        refresh: Refresh,
        answer: Sequence[Sighting] | Exception | None,
    ) -> str:
        if answer is None:
            self.refreshes.answered(refresh)
            return "unasked"
        if isinstance(answer, Exception):
            self._postpone(refresh, answer)
            return "failed"
        outcomes, failures = in_parts(self.recorder.reconcile, answer)
        if failures:
            self._postpone(refresh, failures[0][1])
            return "failed"
        self.refreshes.answered(refresh)
        unchanged = sum(outcome.unchanged for outcome in outcomes)
        return "nothing" if unchanged == len(answer) else "news"

    def _postpone(self, refresh: Refresh, failure: Exception) -> None:
        wait = backoff(refresh.attempts, _WAIT, _WAIT_MAX)
        why = reason(failure)
        LOG.warning(
            "%s %s of %s was not refreshed; next try in %.0f s: %s",
            refresh.ref.kind,
            refresh.ref.id,
            refresh.ref.region,
            wait.total_seconds(),
            why,
        )
        self.refreshes.postponed(refresh, self.clock.now() + wait, why)
