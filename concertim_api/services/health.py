"""Whether the service can serve, and if not, why."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator

from concertim_api.domain import errors
from concertim_api.services.jobs import is_overdue
from concertim_api.services.ports import Clock, Store
from concertim_api.services.rows import JobRecord


@dc.dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``reason`` says what is wrong with it.

    ``vital``: without it, nothing can be served.
    """

    name: str
    ok: bool
    reason: str = ""
    vital: bool = True


class Health:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def checks(self) -> list[Check]:
        """Look at the database: it answers, and its schema is ours. And at
        the jobs of the agents, if there are any. 2 statements.

        The API serves what it knows while a job fails: the ledger lives on
        notifications, and the view has the age that it has.
        """
        try:
            self._store.check()
            jobs = self._store.jobs()
        except errors.Unavailable as exc:
            return [Check("database", ok=False, reason=str(exc))]
        database = Check("database", ok=True)
        if not jobs:
            return [database]
        wrong = "; ".join(self._wrong(jobs))
        return [database, Check("jobs", not wrong, wrong, vital=False)]

    def _wrong(self, jobs: list[JobRecord]) -> Iterator[str]:
        """Yield what is wrong with jobs. Anybody may read it: why they fail
        is told with the job."""
        now = self._clock.now()
        for job in jobs:
            if job.outcome == "failed":
                yield f"{job.name} failed"
            elif is_overdue(job, now):
                yield f"{job.name} is overdue"
