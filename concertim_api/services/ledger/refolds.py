"""Refolds: what was too much for the transaction that recorded it."""

from __future__ import annotations

import collections
import dataclasses as dc
import functools
from collections.abc import Iterator
from typing import Any

from concertim_api.domain.errors import Invalid, reason
from concertim_api.services.jobs.job import Call, Job, Outcome
from concertim_api.services.ledger.ports import RefoldQueue
from concertim_api.services.ledger.recorder import Recorder


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    run = Refolder(built.store.histories, built.recorder).run
    yield Job("refold", conf.agent.refold_interval, run, continual=True)


@dc.dataclass(frozen=True, slots=True)
class Refolder:
    """Refolds the resources that the recorder left unfinished.

    Wherever it is killed, the next run goes on from there. If two run at
    once, one of them leaves a resource to the other.
    """

    queue: RefoldQueue
    recorder: Recorder

    def run(self, call: Call, limit: int = 1000) -> Outcome:
        """Refold so many resources at most, one after the other. Of which
        there is news meanwhile, it is to be done *again*.

        Statements: 1 if there are none; 3 for each, beside those of
        ``Recorder.refold``. Rows: all observations and periods of one
        resource at a time. Raises Stopped between two stages.
        """
        counts: collections.Counter[str] = collections.Counter()
        errors = []
        for ref in self.queue.unfinished(limit):
            pause = functools.partial(call.progress, ref.kind, 1)
            try:
                stored = self.queue.history(ref)
                is_finished = self.recorder.refold(ref, stored, pause)
                counts["finished" if is_finished else "again"] += 1
            except Invalid as exc:  # the others go on
                counts["failed"] += 1
                errors.append(f"{ref.kind} {ref.id}: {reason(exc)}")
        return Outcome.counted(
            ("finished", "again", "failed"),
            counts,
            outcome="partial" if errors else "done",
            error="; ".join(errors),
            wakes=("view",) if counts else (),
        )
