"""The status of jobs: how it last went, and asking for a run."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.common.listing import Page
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.ports import JobRecord, JobRequests

State = Literal["waiting", "asked", "running"]

#: A job that has not finished for so many intervals, and so long on top, is
#: overdue.
_PATIENCE, _GRACE = 3, timedelta(seconds=60)

_NEVER = datetime.min.replace(tzinfo=UTC)

#: The options of a run. The jobs of a sync begin so; the push is called so.
_SYNC, _SYNC_OPTIONS = "sync:", ("accept_deletes", "kinds")
_PUSH, _PUSH_OPTIONS = "push", ("accept_deletes", "retry", "survey")


@dc.dataclass(frozen=True, slots=True)
class Jobs:
    """``kinds``: those to which a run of a sync may be limited."""

    jobs: JobRequests
    clock: Clock
    kinds: Collection[str]

    def list(self) -> Page:
        """Return all jobs that agents have, by name. 1 statement."""
        return _page(self.jobs.jobs(), self.clock.now())

    def get(self, name: str) -> Page:
        """Return a job, as a page. 1 statement. Raises NotFound."""
        record = self.jobs.job(name)
        if record is None:
            raise NotFound(f"Job {name} not found.")
        return _page([record], self.clock.now())

    def run(self, name: str, options: Mapping[str, Any]) -> Page:
        """Ask for a run now; return the job as it is before, as a page.

        ``options``, of a sync: ``accept_deletes`` and ``kinds``; of the push:
        ``accept_deletes``, ``retry`` and ``survey``. At most 2 statements.
        Raises Invalid, NotFound.
        """
        for option in options:
            if option not in _options(name):
                raise Invalid(option, f"job {name} does not take this option")
        for kind in options.get("kinds", ()):
            if kind not in self.kinds:
                raise Invalid("kinds", f"{kind} is not a known kind")
        now = self.clock.now()
        try:
            return _page([self.jobs.ask(name, options, now)], now)
        except NotFound:
            raise NotFound(f"Job {name} not found.") from None


def _options(name: str) -> tuple[str, ...]:
    """Return the options that a run of a job has."""
    if name.startswith(_SYNC):
        return _SYNC_OPTIONS
    return _PUSH_OPTIONS if name == _PUSH else ()


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


@dc.dataclass(frozen=True, slots=True)
class Silence:
    """No agent runs. ``stopped``: the last one, if it was stopped; None: it
    died, or nobody knows."""

    since: datetime
    stopped: str | None = None


def silence(records: Sequence[JobRecord], now: datetime) -> Silence | None:
    """Return since when no agent runs. None: one does, or none ever did.

    An agent that is stopped says so in its records. Of the others, some job
    reports at least every ten seconds.
    """
    if any(is_reported(record, now) for record in records):
        return None
    last = max(records, key=_last_moment, default=None)
    if last is None or _last_moment(last) == _NEVER:
        return None
    since = _last_moment(last)
    if last.ended_at == since:
        return Silence(since, last.agent)
    is_late = any(is_overdue(record, now) for record in records)
    return Silence(since) if is_late else None


def is_reported(record: JobRecord, now: datetime) -> bool:
    """Whether the agent of a job has reported of it within a minute, and was
    not stopped since. An agent of an older release leaves ``ended_at``."""
    last = _last_moment(record)
    return last != record.ended_at and now - last <= _GRACE


def _last_moment(record: JobRecord) -> datetime:
    moments = (record.started_at, record.finished_at, record.ended_at)
    return max(filter(None, moments), default=_NEVER)


def _interval(record: JobRecord) -> timedelta:
    return timedelta(seconds=record.interval)


def _page(records: Sequence[JobRecord], now: datetime) -> Page:
    """Return jobs with what their records say of a moment.

    ``duration`` and ``age`` are seconds. ``duration``: how long the last run
    took, or has lasted so far. ``age``: how long ago the last run ended.
    ``next_at`` None: the job runs, or never ran.
    """
    return Page(
        records,
        computed={
            "state": _state,
            "duration": lambda record: _seconds(
                record.started_at,
                now if is_running(record) else record.finished_at,
            ),
            "age": lambda record: _seconds(record.finished_at, now),
            "next_at": _next,
            "overdue": lambda record: is_overdue(record, now),
            "error": lambda record: record.error or None,
        },
    )


def _state(record: JobRecord) -> State:
    if is_running(record):
        return "running"
    return "waiting" if record.asked_at is None else "asked"


def _next(record: JobRecord) -> datetime | None:
    if is_running(record) or record.started_at is None:
        return None
    return record.asked_at or record.started_at + _interval(record)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds between two moments.

    The clocks of two agents may differ: never less than 0.
    """
    if start is None or end is None:
        return None
    return round(max((end - start).total_seconds(), 0), 3)
