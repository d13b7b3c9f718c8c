"""Jobs: what the agent does again and again, and how it last went."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from concertim_api.client import errors
from concertim_api.client.arguments import body
from concertim_api.client.collection import ById, ShortList

#: The jobs that sync a region are called so, and then as the region.
SYNC = "sync:"

#: The job that pushes to the front end.
PUSH = "push"


class Job(TypedDict):
    """A job of the agent; the outcome is that of its last run."""

    name: str
    interval: float | None
    agent: str | None
    state: str
    outcome: str | None
    started_at: str | None
    finished_at: str | None
    duration: float | None
    age: float | None
    next_at: str | None
    summary: dict[str, Any]
    error: str | None


class Jobs(ShortList[Job], ById[Job]):
    """Jobs; the id of a job is its name."""

    nouns = "jobs"

    def run(
        self,
        name: str,
        *,
        accept_deletes: bool | None = None,
        kinds: Sequence[str] | None = None,
        retry: bool | None = None,
        survey: bool | None = None,
    ) -> Job:
        """Ask the agent to run a job now; return the job, as it is before.

        A sync may be told to believe that what it does not find is gone,
        however much it is, and to look at some ``kinds`` only. The push, to
        delete however much there is to delete, to ``retry`` now what waits
        after a failure, and to ``survey`` what the front end holds.
        """
        job: Job = self._http.post(
            self._path(name, "run"),
            body(
                accept_deletes=accept_deletes,
                kinds=kinds,
                retry=retry,
                survey=survey,
            ),
        )
        return job

    def finished(
        self,
        asked: Job,
        *,
        timeout: float | None = None,
        interval: float = 1.0,
        told: Callable[[Job], None] = lambda job: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> Job:
        """Return the job once the run that was asked for has finished.

        ``asked`` is what ``run`` returned; ``told`` gets the job after each
        look at it. Raises ClientError if it takes longer than ``timeout``
        seconds; the run itself goes on.
        """
        began = clock()
        while True:
            job = self.get(asked["name"])
            told(job)
            if (
                job["state"] == "waiting"
                and job["finished_at"] != asked["finished_at"]
            ):
                return job
            if timeout is not None and clock() - began >= timeout:
                raise errors.ClientError(
                    f"job {job['name']} has not finished within "
                    f"{timeout:g} s: it is {job['state']}"
                )
            sleep(interval)
