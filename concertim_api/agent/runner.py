"""A job in its thread: when it runs, and what follows a failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from concertim_api.agent.coordination import Claim
from concertim_api.agent.outage import Outage
from concertim_api.agent.records import Keeper, figures, masked
from concertim_api.domain.errors import Unavailable, in_full
from concertim_api.domain.waits import backoff
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Call, Job, Outcome, Stopped
from concertim_api.services.jobs.ports import JobRecord

LOG = logging.getLogger(__name__)

#: Seconds between two looks whether an agent can have the claim to a job, and
#: whether it still has it.
STANDBY, LOOK = 1.0, 5.0

#: The longest wait (seconds) after failures, unless the interval is longer.
_PATIENCE = 30.0


class Meter(Protocol):
    """Counts what comes of runs. The threads of all jobs call it."""

    def has(self, job: str) -> None:
        """There will be runs of a job."""

    def ran(
        self,
        job: str,
        outcome: str,
        summary: Mapping[str, Any],
        *,
        idle: bool,
        seconds: float,
    ) -> None:
        """A run came to an end."""


class Runner:
    """Runs a job whenever it is due, or woken, while the claim is held."""

    def __init__(
        self,
        job: Job,
        claim: Claim,
        keeper: Keeper,
        clock: Clock,
        database: Outage,
        meter: Meter | None = None,
    ) -> None:
        self.job = job
        self.wakes: dict[str, Runner] = {}
        self._claim = claim
        self._keeper = keeper
        self._clock = clock
        self._database = database
        self._meter = meter
        if meter is not None:
            meter.has(job.name)
        self._urged = threading.Event()
        self._stopping = threading.Event()
        self._due: float | None = None  # None: not before the claim is held
        self._failures = 0
        self._is_blocked = False
        self._ask: JobRecord | None = None
        self._asked_at: datetime | None = None
        self._last = ("done", "")
        self._thread = threading.Thread(
            target=self._loop, name=job.name, daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; ``wait`` waits for that."""
        self._stopping.set()
        self._urged.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; return whether it came."""
        self._thread.join(max(seconds, 0))
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Run the job now, if this agent has the claim."""
        self._urged.set()

    def resume(self) -> None:
        """Run the job now if it waits for the database."""
        if self._is_blocked:
            self._urged.set()

    def see(self, record: JobRecord) -> None:
        """Run the job now if its record asks for a run that was not begun."""
        if record.asked_at is not None and record.asked_at != self._asked_at:
            self._ask = record
            self._urged.set()

    def _loop(self) -> None:
        is_urged = False
        while not self._stopping.is_set():
            try:
                wait = self._turn(is_urged)
            except Exception:  # a fault of ours; the job goes on
                LOG.exception("%s failed outside of its run", self.job.name)
                wait = LOOK
            is_urged = self._urged.wait(wait)
            if is_urged:  # else it may be urged just now
                self._urged.clear()
        self._claim.give_up()

    def _turn(self, is_urged: bool) -> float:
        """Run the job if it is to run now; return for how long to wait."""
        if not self._claim.is_held():
            self._due = None
            return STANDBY
        try:
            now = time.monotonic()
            if self._due is None:
                self._due = now + self._keeper.first_wait()
            if is_urged or self._due <= now:
                self._due = self._run(now)
                self._is_blocked = False
        except Unavailable as exc:
            self._asked_at, self._is_blocked = None, True
            self._due = time.monotonic() + self._patience()
            self._database.began(in_full(exc))  # who ends it resumes us
        return min(max(self._due - time.monotonic(), 0), LOOK)

    def _run(self, began: float) -> float:
        """Run the job and save what came of it; return when it is due."""
        ask, self._ask = self._ask, None
        at = self._clock.now()
        call = Call(at, ask.options if ask else {}, self._is_to_end)
        if ask:
            self._asked_at = ask.asked_at
        self._keeper.begun(at)
        outcome = self._outcome(call)
        if outcome is None:
            return began  # the claim is lost, or the process ends
        self._keeper.ended(at, outcome, ask.asked_at if ask else None)
        self._report(outcome, time.monotonic() - began)
        for name in outcome.wakes:
            if name in self.wakes:
                self.wakes[name].wake()
        if outcome.outcome == "failed":
            return time.monotonic() + self._patience()
        self._failures = 0
        now, interval = time.monotonic(), self.job.interval
        if outcome.more:
            return now
        return max(began + interval, now + interval / 10)

    def _outcome(self, call: Call) -> Outcome | None:
        """Return what came of the job; None: it was made to end."""
        try:
            return self.job.run(call)
        except Unavailable:
            raise
        except Stopped:
            if not self._stopping.is_set():
                return None
            return Outcome("partial", error="stopped before its end")
        except Exception as exc:
            LOG.exception("%s failed", self.job.name)
            return Outcome("failed", error=f"{type(exc).__name__}: {exc}")

    def _is_to_end(self) -> bool:
        return self._stopping.is_set() or not self._claim.is_held()

    def _patience(self) -> float:
        """Return the wait after a failure: longer after each one."""
        self._failures += 1
        interval = self.job.interval
        first = min(max(interval, 1.0), 10.0)
        longest = max(interval, _PATIENCE)
        return backoff(self._failures - 1, first, longest)

    def _report(self, outcome: Outcome, seconds: float) -> None:
        if self._meter is not None:
            self._meter.ran(
                self.job.name,
                outcome.outcome,
                outcome.summary,
                idle=outcome.idle,
                seconds=seconds,
            )
        self._log(outcome, seconds)

    def _log(self, outcome: Outcome, seconds: float) -> None:
        name, is_new = self.job.name, self._is_new(outcome)
        if outcome.error and not is_new:
            LOG.debug("%s: still %s", name, masked(outcome.error))
        elif outcome.outcome == "failed":
            LOG.warning("%s failed: %s", name, masked(outcome.error))
        elif outcome.error:
            LOG.warning("%s was done in part: %s", name, masked(outcome.error))
        else:
            is_routine = self.job.continual or outcome.idle
            LOG.log(
                logging.DEBUG if is_routine else logging.INFO,
                "%s %s in %.1f s: %s",
                name,
                outcome.outcome,
                seconds,
                figures(outcome.summary),
            )

    def _is_new(self, outcome: Outcome) -> bool:
        """Whether to log it as news: a continual job in trouble would log the
        same several times a second."""
        failed = outcome.outcome == "failed"
        now = outcome.outcome, outcome.error if failed else ""
        last, self._last = self._last, now
        return now != last or not self.job.continual
