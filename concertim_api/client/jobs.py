"""Jobs: the work that the agent repeats, and the end of the last run."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from concertim_api.client.collection import Runs, ShortList

#: The name of a job that syncs a region: this, and the region.
SYNC = "sync:"

#: The job that pushes to the front end.
PUSH = "push"


class Job(TypedDict):
    """A job of the agent, with the outcome of its last run.

    ``overdue`` comes with microversion 1.2.
    """

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
    overdue: NotRequired[bool]


class Jobs(ShortList[Job], Runs[Job]):
    """Jobs; the id of a job is its name.

    ``wait`` takes what ``run`` returned.
    """

    nouns, noun, key = "jobs", "job", "name"
    final, repeats = frozenset({"waiting"}), True

    def run(self, name: str, **options: Any) -> Job:
        """Ask the agent to run a job now; return the job before that run.

        For a sync: ``accept_deletes`` believes that all that is missing is
        gone, however much it is; ``kinds`` lists these only. For the push:
        ``accept_deletes`` deletes all that is due, ``retry`` tries failures
        again without their waits, ``survey`` lists the front end first.
        """
        job: Job = self._send("POST", name, "run", fields=options)
        return job
