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

#: The options of a run. The jobs of a sync begin so; the push is called so.
_SYNC, _SYNC_OPTIONS = "sync:", ("accept_deletes", "kinds")
_PUSH, _PUSH_OPTIONS = "push", ("accept_deletes", "retry", "survey")


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """A job, and its last run.

    ``interval``, ``duration`` and ``age`` are seconds. ``duration``: how long
    the last run took, or has lasted so far. ``age``: how long ago the last
    run ended. ``next_at`` None: the job runs, or never ran.
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
    """``kinds``: those to which a run of a sync may be limited."""

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

    def run(self, name: str, options: Mapping[str, Any]) -> JobStatus:
        """Ask for a run now; return the job as it is before.

        ``options``, of a sync: ``accept_deletes`` and ``kinds``; of the push:
        ``accept_deletes``, ``retry`` and ``survey``. At most 2 statements.
        Raises Invalid, NotFound.
        """
        for option in options:
            if option not in _options(name):
                raise Invalid(option, f"job {name} can't be told this")
        for kind in options.get("kinds", ()):
            if kind not in self._kinds:
                raise Invalid("kinds", f"{kind} is not a known kind")
        now = self._clock.now()
        try:
            return _job(self._jobs.ask(name, options, now), now)
        except NotFound:
            raise NotFound(f"Job {name} not found.") from None


def _options(name: str) -> tuple[str, ...]:
    """Return the options that a run of a job has."""
    if name.startswith(_SYNC):
        return _SYNC_OPTIONS
    return _PUSH_OPTIONS if name == _PUSH else ()


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

    A job that never ran is not overdue: nobody knows when it could begin.
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
    """Return the seconds between two moments.

    The clocks of two agents may differ: never less than 0.
    """
    if start is None or end is None:
        return None
    return round(max((end - start).total_seconds(), 0), 3)
