"""Whether the service can serve, and if not, why."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator

from concertim_api.domain import errors
from concertim_api.services.common.ports import Clock, Database
from concertim_api.services.jobs.jobs import is_overdue
from concertim_api.services.jobs.ports import JobLister, JobRecord


@dc.dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``reason`` says what is wrong with it.

    ``detail`` says more of that, for operators. ``vital``: without it,
    nothing can be served.
    """

    name: str
    ok: bool
    reason: str = ""
    detail: str = ""
    vital: bool = True


class Health:
    def __init__(
        self, database: Database, jobs: JobLister, clock: Clock
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock

    def checks(self) -> list[Check]:
        """Look at the database: it answers, and its schema is ours. And at
        the jobs of the agents, if there are any. 2 statements.

        The API serves what it knows while a job fails: the ledger lives on
        notifications, and the view has the age that it has.
        """
        try:
            self._database.check()
            jobs = self._jobs.jobs()
        except errors.Unavailable as exc:
            return [Check("database", False, str(exc), exc.detail)]
        database = Check("database", ok=True)
        if not jobs:
            return [database]
        wrong = list(self._wrong(jobs))
        reason = "; ".join(text for text, _ in wrong)
        detail = "; ".join(f"{text}: {error}" for text, error in wrong)
        return [
            database,
            Check("jobs", not wrong, reason, detail, vital=False),
        ]

    def _wrong(self, jobs: list[JobRecord]) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with jobs, for anybody, and the errors of
        their last runs, for operators."""
        now = self._clock.now()
        for job in jobs:
            error = job.error or "no error"
            if job.outcome == "failed":
                yield f"{job.name} failed", error
            elif is_overdue(job, now):
                yield f"{job.name} is overdue", error
