"""All jobs together, in the threads of one process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from datetime import timedelta

from concertim_api.agent.coordination import Coordination
from concertim_api.agent.outage import Outage
from concertim_api.agent.records import Keeper
from concertim_api.agent.runner import Meter, Runner
from concertim_api.domain.errors import Unavailable, in_full
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job
from concertim_api.services.jobs.ports import JobLog, JobRecord

LOG = logging.getLogger(__name__)

#: Seconds between two looks at the records of all jobs; and after a fault of
#: ours.
_LOOK, _LOOK_FAULT = 1.0, 5.0

#: The record of a job that is not ours, and did not run for so long, goes.
_FORGOTTEN = timedelta(days=1)


class Agent:
    """Runs jobs until it is stopped.

    Each job has a thread, so that a long sync delays no other job. Statements,
    beside those of the jobs: 1 a second, for the runs that people ask for; and
    1 at the end.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        log: JobLog,
        clock: Clock,
        coordination: Coordination,
        name: str,
        meter: Meter | None = None,
    ) -> None:
        self._log = log
        self._name = name
        self._clock = clock
        self._coordination = coordination
        self._database = Outage("the database")
        self._stopping = threading.Event()
        self._runners = {
            job.name: Runner(
                job,
                coordination.claim(job.name),
                Keeper(job, log, clock, name),
                clock,
                self._database,
                meter,
            )
            for job in jobs
        }
        for runner in self._runners.values():
            runner.wakes = self._runners
        self._watch = threading.Thread(
            target=self._keep_watching, name="watch", daemon=True
        )

    def start(self) -> None:
        LOG.info("The jobs of this agent: %s", ", ".join(self._runners))
        for runner in self._runners.values():
            runner.start()
        self._watch.start()

    def stop(self, seconds: float) -> None:
        """Let each job finish its step, within so many seconds."""
        self._stopping.set()
        for runner in self._runners.values():
            runner.stop()
        deadline = time.monotonic() + seconds
        cut_off = [
            name
            for name, runner in self._runners.items()
            if not runner.wait(deadline - time.monotonic())
        ]
        if cut_off:
            LOG.warning(
                "Cut off after %.0f s: %s", seconds, ", ".join(cut_off)
            )
        self._end()
        self._coordination.stop()
        LOG.info("Stopped the jobs")

    def _end(self) -> None:
        """Note in the records that this agent was stopped."""
        try:
            self._log.end(self._name, self._clock.now())
        except Unavailable as exc:  # its silence will show it in a minute
            LOG.debug("The end of the agent is not stored: %s", exc)

    def _keep_watching(self) -> None:
        wait = _LOOK
        while not self._stopping.wait(wait):
            try:
                self._look()
                wait = _LOOK
            except Unavailable as exc:
                self._database.began(in_full(exc))
                wait = _LOOK
            except Exception:
                LOG.exception("Reading the requests for jobs failed")
                wait = _LOOK_FAULT

    def _look(self) -> None:
        records = self._log.jobs()
        if self._database.ended():
            for runner in self._runners.values():
                runner.resume()
        for record in records:
            if record.name in self._runners:
                self._runners[record.name].see(record)
            else:
                self._forget(record)

    def _forget(self, record: JobRecord) -> None:
        """Forget a job that no agent has any more: its region is gone."""
        before = self._clock.now() - _FORGOTTEN
        last = record.finished_at or record.started_at
        if last is None or last >= before:
            return
        if self._log.forget(record.name, before):
            LOG.info("%s did not run since %s: forgotten", record.name, last)
