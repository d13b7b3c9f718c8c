"""Refolds: what was too much for the transaction that recorded it."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Iterator
from typing import Any

from concertim_api.domain.errors import Invalid, reason
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.jobs.job import Call, Job, Outcome
from concertim_api.services.ledger.ports import RefoldQueue
from concertim_api.services.ledger.recorder import Recorder

#: What may become of a refold; *again*: there was news meanwhile.
_BECAME = ("finished", "again", "failed")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    refolder = Refolder(built.store.histories, built.recorder)
    interval = conf.agent.refold_interval
    yield Job("refold", interval, refolder.run, continual=True)


@dc.dataclass(frozen=True, slots=True)
class Refolder:
    """Refolds the resources that the recorder left unfinished.

    Wherever it is killed, the next run goes on from there. If two run at
    once, one of them leaves a resource to the other.
    """

    queue: RefoldQueue
    recorder: Recorder

    def run(self, call: Call, limit: int = 1000) -> Outcome:
        """Refold so many resources at most, one after the other.

        Statements: 1 if there are none; 3 for each, beside those of
        ``Recorder.refold``. Rows: all observations and periods of one
        resource at a time. Raises Stopped between two stages.
        """
        counts: collections.Counter[str] = collections.Counter()
        errors = []
        for ref in self.queue.unfinished(limit):
            try:
                became = self._refold(ref, call)
            except Invalid as exc:  # the others go on
                became = "failed"
                errors.append(f"{ref.kind} {ref.id}: {reason(exc)}")
            counts[became] += 1
        return Outcome.counted(
            _BECAME,
            counts,
            outcome="partial" if errors else "done",
            error="; ".join(errors),
            wakes=("view",) if counts else (),
        )

    def _refold(self, ref: Ref, call: Call) -> str:
        is_finished = self.recorder.refold(
            ref,
            self.queue.history(ref),
            lambda: call.progress(ref.kind, 1),
        )
        return "finished" if is_finished else "again"
