"""Whether the service can serve, and if not, why."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from concertim_api.domain import errors
from concertim_api.services.access.ports import TokenCache
from concertim_api.services.access.service_login import ServiceLogin
from concertim_api.services.common.ports import Clock, Database
from concertim_api.services.jobs.jobs import Silence, is_overdue, silence
from concertim_api.services.jobs.ports import JobLister, JobRecord

#: The job that keeps the view.
VIEW = "view"


@dc.dataclass(frozen=True, slots=True)
class Check:
    """The state of a part. ``reason``: what is wrong with it.

    ``detail`` says more, for operators. ``vital``: without this part nothing
    can be served. ``facts``: what programs may read of it.
    """

    name: str
    ok: bool
    reason: str = ""
    detail: str = ""
    vital: bool = True
    facts: Mapping[str, Any] = dc.field(default_factory=dict)


@dc.dataclass(frozen=True, slots=True)
class Health:
    database: Database
    jobs: JobLister
    clock: Clock
    login: ServiceLogin | None = None
    cache: TokenCache | None = None

    def checks(self) -> list[Check]:
        """Check the database: whether it answers, and its schema. And check
        the jobs of the agents, if there are any; and whether Keystone refuses
        us, if callers come with its tokens, and the cache of tokens answers.
        3 statements.

        The API serves what is stored while a job fails: notifications still
        come to the ledger, and the view is old.
        """
        try:
            self.database.check()
            jobs = self.jobs.jobs()
        except errors.Unavailable as exc:
            return [Check("database", False, str(exc), exc.detail)]
        return [
            Check("database", ok=True),
            *self._of_jobs(jobs),
            *self._of_keystone(),
            *self._of_cache(),
        ]

    def _of_jobs(self, jobs: list[JobRecord]) -> Iterator[Check]:
        if not jobs:
            return
        now = self.clock.now()
        silent = silence(jobs, now)
        since = silent and silent.since
        problems = list(_problems(jobs, silent, now))
        reason = "; ".join(text for text, _ in problems)
        detail = "; ".join(f"{text}: {error}" for text, error in problems)
        facts = {
            "agent_silent_since": since and f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "view_age": _view_age(jobs, now),
        }
        yield Check("jobs", not problems, reason, detail, False, facts)

    def _of_keystone(self) -> Iterator[Check]:
        if self.login is None or not self.login.is_used:
            return
        at = self.login.refused_at()
        if at is None:
            yield Check("keystone", ok=True, vital=False)
            return
        reason = "Keystone refuses this service's own password"
        detail = f"{reason} ([keystone_authtoken]), last at {at:%H:%M:%S} UTC"
        yield Check("keystone", False, reason, detail, vital=False)

    def _of_cache(self) -> Iterator[Check]:
        silent = self.cache.silent() if self.cache else ()
        if silent:
            reason = "memcached does not answer"
            detail = f"{reason}: {', '.join(silent)}"
            yield Check("memcached", False, reason, detail, vital=False)


def _problems(
    jobs: list[JobRecord], silent: Silence | None, now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield a problem of the jobs, for anybody, and what is known of it, for
    operators. Since when no agent runs, if none does."""
    if silent is not None:
        text = f"no agent runs since {silent.since:%Y-%m-%d %H:%M:%S} UTC"
        end = f"{silent.stopped} was stopped; " if silent.stopped else ""
        yield text, f"{end}start concertim-agent"
    for job in jobs:
        error = job.error or "no error"
        if job.outcome == "failed":
            yield f"{job.name} failed", error
        elif silent is None and is_overdue(job, now):
            yield f"{job.name} is overdue", error


def _view_age(jobs: list[JobRecord], now: datetime) -> float | None:
    """Return for how many seconds nobody looked whether the view is right."""
    for job in jobs:
        if job.name == VIEW and job.finished_at is not None:
            return round(max((now - job.finished_at).total_seconds(), 0), 1)
    return None
