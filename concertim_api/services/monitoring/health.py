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
    """The state of a part. ``reason``: what is wrong with it.

    ``detail`` says more, for operators. ``vital``: without this part nothing
    can be served.
    """

    name: str
    ok: bool
    reason: str = ""
    detail: str = ""
    vital: bool = True


@dc.dataclass(frozen=True, slots=True)
class Health:
    database: Database
    jobs: JobLister
    clock: Clock

    def checks(self) -> list[Check]:
        """Check the database: whether it answers, and its schema. And check
        the jobs of the agents, if there are any. 2 statements.

        The API serves what is stored while a job fails: notifications still
        come to the ledger, and the view is old.
        """
        try:
            self.database.check()
            jobs = self.jobs.jobs()
        except errors.Unavailable as exc:
            return [Check("database", False, str(exc), exc.detail)]
        database = Check("database", ok=True)
        if not jobs:
            return [database]
        problems = list(self._problems(jobs))
        reason = "; ".join(text for text, _ in problems)
        detail = "; ".join(f"{text}: {error}" for text, error in problems)
        return [
            database,
            Check("jobs", not problems, reason, detail, vital=False),
        ]

    def _problems(self, jobs: list[JobRecord]) -> Iterator[tuple[str, str]]:
        """Yield a problem of a job, for anybody, and the error of the last
        run, for operators."""
        now = self.clock.now()
        for job in jobs:
            error = job.error or "no error"
            if job.outcome == "failed":
                yield f"{job.name} failed", error
            elif is_overdue(job, now):
                yield f"{job.name} is overdue", error
