"""The record of a job's runs: one row in the database."""

from __future__ import annotations

import collections
import dataclasses as dc
import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oslo_utils import strutils

from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome
from concertim_api.services.jobs.jobs import is_running
from concertim_api.services.jobs.ports import JobRecord, JobWriter

#: The least seconds between two saves of a continual job's record, while the
#: job has something to do, and while it has not.
_BUSY, _IDLE = 1.0, 10.0

_LONGEST = 500

_LOGIN = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def masked(error: str) -> str:
    """Return an error in one line, without passwords."""
    text = _LOGIN.sub("***", strutils.mask_password(error))
    return " ".join(text.split())[:_LONGEST]


def figures(summary: Mapping[str, Any]) -> str:
    """Return in one line what is not zero or empty in a summary."""
    parts = []
    for name, value in summary.items():
        if isinstance(value, Mapping):
            counts = [f"{n} {w}" for w, n in value.items() if type(n) is int]
            value = ", ".join(counts)
        if value:
            parts.append(f"{name} {value}")
    return "; ".join(parts) or "nothing"


class Keeper:
    """Saves the record of a job. Raises Unavailable.

    The record of a continual job has totals, and is not saved at every run.
    """

    def __init__(
        self, job: Job, log: JobWriter, clock: Clock, agent: str
    ) -> None:
        self._job = job
        self._log = log
        self._clock = clock
        self._agent = agent
        self._totals: collections.Counter[str] = collections.Counter()
        self._last = ("done", "")
        self._saved_at: float | None = None
        self._unsaved = False

    def first_wait(self) -> float:
        """Return the seconds until the job is due, as its record says, which
        may be another agent's. 1 statement."""
        if self._job.continual:
            return 0
        last = self._log.job(self._job.name)
        if last is None or last.outcome != "done" or is_running(last):
            return 0
        assert last.started_at is not None
        due = last.started_at + timedelta(seconds=self._job.interval)
        wait = (due - self._clock.now()).total_seconds()
        return min(max(wait, 0), self._job.interval)

    def begun(self, at: datetime) -> None:
        """Let others see that it runs."""
        if self._job.continual:
            return
        last = self._log.job(self._job.name) or JobRecord(self._job.name)
        self._save(dc.replace(last, started_at=at))

    def ended(
        self, started_at: datetime, outcome: Outcome, asked_at: datetime | None
    ) -> None:
        """Save what came of a run. It answers what was asked at a moment."""
        if self._job.continual:
            self._add(outcome)
            if asked_at is None and not self._is_time():
                return
        summary = self._totals if self._job.continual else outcome.summary
        self._save(
            JobRecord(
                self._job.name,
                started_at=started_at,
                finished_at=self._clock.now(),
                outcome=outcome.outcome,
                summary=dict(summary),
                error=masked(outcome.error) or None,
                asked_at=asked_at,
            )
        )

    def _add(self, outcome: Outcome) -> None:
        self._totals.update(outcome.summary)
        last = outcome.outcome, outcome.error
        if not outcome.idle or last != self._last:
            self._unsaved = True
        self._last = last

    def _is_time(self) -> bool:
        if self._saved_at is None:
            return True
        age = time.monotonic() - self._saved_at
        return age >= (_BUSY if self._unsaved else _IDLE)

    def _save(self, record: JobRecord) -> None:
        self._log.save(
            dc.replace(
                record,
                interval=self._job.interval,
                agent=self._agent,
                ended_at=None,
            )
        )
        self._saved_at, self._unsaved = time.monotonic(), False
