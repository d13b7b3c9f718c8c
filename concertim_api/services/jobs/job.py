"""A job: what an agent does again and again, and what came of a run.

A use case that is a job offers it by a function ``jobs(conf, built)`` in its
module, which yields a ``Job``, or a job for each region. ``built`` is what
``bootstrap.Services`` is: that class lies above, so it has no name here. The
agent decides when a job runs, how often, and which agent runs it.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any


class Stopped(Exception):
    """The run is to end now, before all is done."""


@dc.dataclass(frozen=True, slots=True)
class Call:
    """One run of a job.

    ``at``: when it starts. ``options``: what a person wants of this run.
    ``stopping`` returns whether the run is to end early.
    """

    at: datetime
    options: Mapping[str, Any] = dc.field(default_factory=dict)
    stopping: Callable[[], bool] = lambda: False

    def progress(self, kind: str, listed: int) -> None:
        """Raise ``Stopped`` if the run is to end."""
        if self.stopping():
            raise Stopped


@dc.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    ``outcome``: done, partial or failed. ``idle``: there was nothing to do.
    ``more``: there is more, at once. ``wakes``: the jobs that have something
    to do now.
    """

    outcome: str = "done"
    summary: Mapping[str, Any] = dc.field(default_factory=dict)
    error: str = ""
    idle: bool = False
    more: bool = False
    wakes: tuple[str, ...] = ()

    @classmethod
    def counted(
        cls, names: tuple[str, ...], counts: Mapping[str, int], **fields: Any
    ) -> Outcome:
        """Return the outcome of a run that did so many of each name.

        It is idle if all of them are 0.
        """
        summary = {name: counts.get(name, 0) for name in names}
        return cls(summary=summary, idle=not any(summary.values()), **fields)


@dc.dataclass(frozen=True, slots=True)
class Job:
    """A name, how many seconds lie between two starts, and what to do.

    A *continual* job starts so often that not each run is recorded: its
    record has the totals since the agent began.
    """

    name: str
    interval: float
    run: Callable[[Call], Outcome]
    continual: bool = False


def continual(name: str, interval: float, run: Callable[[], Outcome]) -> Job:
    """Return a continual job that has no options, and short runs."""
    return Job(name, interval, lambda call: run(), continual=True)
