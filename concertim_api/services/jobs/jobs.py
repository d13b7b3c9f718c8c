"""The status of jobs: how it last went, and asking for a run."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.ports import JobRecord, JobRequests

State = Literal["waiting", "asked", "running"]

#: A job that has not finished for so many intervals, and so long on top, is
#: overdue.
_PATIENCE, _GRACE = 3, timedelta(seconds=60)

#: What jobs can be told; those of regions begin so, others are called so.
_SYNC, _OF_A_SYNC = "sync:", ("accept_deletes", "kinds")
_PUSH, _OF_THE_PUSH = "push", ("accept_deletes", "retry", "survey")


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """A job, and its last run.

    ``interval``, ``duration`` and ``age`` in seconds: ``duration`` is what
    the last run took, or has taken so far; ``age`` tells how long ago one
    ended. ``next_at`` None: it runs, or never did.
    """

    name: str
    interval: float
    agent: str | None
    state: State
    outcome: str | None
    started_at: datetime | None
    finished_at: datetime | None
    duration: float | None
    age: float | None
    next_at: datetime | None
    summary: Mapping[str, Any]
    error: str | None


class Jobs:
    """``kinds``: those that a sync may be told to look at only."""

    def __init__(
        self, jobs: JobRequests, clock: Clock, kinds: Collection[str]
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._kinds = kinds

    def list(self) -> JobList:
        """Return all jobs that agents have, by name. 1 statement."""
        now = self._clock.now()
        return JobList([_job(record, now) for record in self._jobs.jobs()])

    def get(self, name: str) -> JobStatus:
        """Return a job. 1 statement. Raises NotFound."""
        record = self._jobs.job(name)
        if record is None:
            raise NotFound(f"Job {name} not found.")
        return _job(record, self._clock.now())

    def run(self, name: str, asked: Mapping[str, Any]) -> JobStatus:
        """Ask for a job to run now; return it, as it is before.

        ``asked``, of a sync: ``accept_deletes`` and ``kinds``; of the push:
        ``accept_deletes``, ``retry`` and ``survey``. At most 2 statements.
        Raises Invalid, NotFound.
        """
        for option in asked:
            if option not in _told(name):
                raise Invalid(option, f"job {name} can't be told this")
        for kind in asked.get("kinds", ()):
            if kind not in self._kinds:
                raise Invalid("kinds", f"{kind} is not a known kind")
        now = self._clock.now()
        try:
            return _job(self._jobs.ask(name, asked, now), now)
        except NotFound:
            raise NotFound(f"Job {name} not found.") from None


def _told(name: str) -> tuple[str, ...]:
    """Return what a job can be told."""
    if name.startswith(_SYNC):
        return _OF_A_SYNC
    return _OF_THE_PUSH if name == _PUSH else ()


@dc.dataclass(frozen=True, slots=True)
class JobList:
    """All jobs; they are few."""

    rows: Sequence[JobStatus]


def is_running(record: JobRecord) -> bool:
    """Whether a run has begun that has not ended yet."""
    if record.started_at is None:
        return False
    finished_at = record.finished_at
    return finished_at is None or finished_at < record.started_at


def is_overdue(record: JobRecord, now: datetime) -> bool:
    """Whether a job should have ended once more by now.

    One that never ran is not: nobody knows since when it might have.
    """
    if record.started_at is None:
        return False
    last = record.finished_at or record.started_at
    return now - last > _PATIENCE * _interval(record) + _GRACE


def _interval(record: JobRecord) -> timedelta:
    return timedelta(seconds=record.interval)


def _job(record: JobRecord, now: datetime) -> JobStatus:
    running = is_running(record)
    return JobStatus(
        name=record.name,
        interval=record.interval,
        agent=record.agent,
        state=_state(record, running),
        outcome=record.outcome,
        started_at=record.started_at,
        finished_at=record.finished_at,
        duration=_seconds(
            record.started_at, now if running else record.finished_at
        ),
        age=_seconds(record.finished_at, now),
        next_at=_next(record, running),
        summary=record.summary,
        error=record.error or None,
    )


def _state(record: JobRecord, running: bool) -> State:
    if running:
        return "running"
    return "waiting" if record.asked_at is None else "asked"


def _next(record: JobRecord, running: bool) -> datetime | None:
    if running or record.started_at is None:
        return None
    return record.asked_at or record.started_at + _interval(record)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    """Return what lies between two moments; clocks of agents may differ."""
    if start is None or end is None:
        return None
    return round(max((end - start).total_seconds(), 0), 3)
