"""Jobs: the row, and the ports of the database."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


@dc.dataclass(frozen=True, slots=True)
class JobRecord:
    """A job of the agents: when it last ran, and what came of it.

    ``interval`` in seconds. ``finished_at`` before ``started_at``, or None:
    the job runs, or its agent died. ``ended_at``: when its agent was stopped;
    None: the agent runs, or died. ``outcome``: done, partial or failed.
    ``asked_at``: since when somebody wants it to run, with ``options``; None:
    nobody does, or that run has ended.
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
    options: Mapping[str, Any] = dc.field(default_factory=dict)
    ended_at: datetime | None = None


class JobLister(Protocol):
    """All jobs that are stored. 1 statement."""

    def jobs(self) -> list[JobRecord]:
        """Return all jobs, by name."""


class JobFinder(Protocol):
    """One job that is stored. 1 statement."""

    def job(self, name: str) -> JobRecord | None:
        """Return a job, or None if no agent ever knew it."""


class JobRequests(JobLister, JobFinder, Protocol):
    """What people ask of jobs."""

    def ask(
        self, name: str, options: Mapping[str, Any], now: datetime
    ) -> JobRecord:
        """Ask for a run soon; it replaces what was asked before. 2 statements.

        Raises NotFound if no agent ever knew such a job.
        """


class JobWriter(JobFinder, Protocol):
    """Stores a job."""

    def save(self, job: JobRecord) -> None:
        """Store a job, but not what it is asked.

        A run that has ended answers what was asked at ``job.asked_at``; what
        was asked later stays. 3 statements at most.
        """


class JobLog(JobLister, JobWriter, Protocol):
    """What an agent stores of all its jobs."""

    def end(self, agent: str, at: datetime) -> None:
        """Note of the jobs that an agent ran last that it was stopped.

        The next run of a job, by any agent, removes the note. 1 statement.
        """

    def forget(self, name: str, before: datetime) -> bool:
        """Forget a job unless it ran since; return whether it is forgotten.

        1 statement.
        """
