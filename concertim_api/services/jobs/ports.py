"""Jobs: the row, and the ports of where they are written down."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


@dc.dataclass(frozen=True, slots=True)
class JobRecord:
    """A job of the agents: when it last ran, and what came of it.

    ``interval`` in seconds. ``finished_at`` before ``started_at``, or None:
    it runs, or its agent died. ``outcome``: done, partial or failed.
    ``asked_at``: somebody wants it to run (None: nobody does, or it is done
    with), with the options ``asked``.
    """

    name: str
    interval: float = 0
    agent: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: str | None = None
    summary: Mapping[str, Any] = dc.field(default_factory=dict)
    error: str | None = None
    asked_at: datetime | None = None
    asked: Mapping[str, Any] = dc.field(default_factory=dict)


class JobLister(Protocol):
    """All jobs, as they are written down. 1 statement."""

    def jobs(self) -> list[JobRecord]:
        """Return all jobs, by name."""


class JobFinder(Protocol):
    """One job, as it is written down. 1 statement."""

    def job(self, name: str) -> JobRecord | None:
        """Return a job, or None if no agent ever knew it."""


class JobRequests(JobLister, JobFinder, Protocol):
    """What people ask of jobs."""

    def ask(
        self, name: str, asked: Mapping[str, Any], now: datetime
    ) -> JobRecord:
        """Ask for a job to run soon; the latest word counts. 2 statements.

        Raises NotFound if no agent ever knew such a job.
        """


class JobWriter(JobFinder, Protocol):
    """Where a job is written down."""

    def save(self, job: JobRecord) -> None:
        """Store a job, but for what it is asked.

        If it is finished, it is done with what ``job.asked_at`` says it was
        asked; what it was asked since then stays. 3 statements at most.
        """


class JobLog(JobLister, JobWriter, Protocol):
    """What an agent writes down of all its jobs."""

    def forget(self, name: str, before: datetime) -> bool:
        """Forget a job unless it ran since; return whether it is forgotten.

        1 statement.
        """
