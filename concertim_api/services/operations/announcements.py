"""Telling others what becomes of operations.

The log of operations says what is not told yet: whatever breaks, it is told
later; a message may come twice, with the same id, and never gets lost.
"""

from __future__ import annotations

import dataclasses as dc
import logging
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.operations import Operation, State
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.operations.ports import UntoldOperations

LOG = logging.getLogger(__name__)

#: Operations that are announced in one run.
_MANY = 200

#: What a state is called at the end of an event's type.
_PHASES: Mapping[State, str] = {
    "asked": "start",
    "accepted": "start",
    "done": "end",
    "failed": "error",
    "unsure": "error",
}

#: Message ids are made of this, so that others know a repetition.
_NAMESPACE = uuid.UUID("a4a1c1ee-31f1-5ae9-a2b6-1f6a1f3c9a0e")


@dc.dataclass(frozen=True, slots=True)
class Announcement:
    """A notification: ``concertim.<noun>.<verb>.{start,end,error}``."""

    message_id: str
    event_type: str
    at: datetime
    payload: Mapping[str, Any]

    @property
    def is_error(self) -> bool:
        return self.event_type.endswith(".error")


class Announcer(Protocol):
    """A way to tell others."""

    def announce(self, announcement: Announcement) -> None:
        """Tell of an operation. Raises Unavailable: nobody was told."""


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    announcing = Announcements(built.store.operations, built.announcer)
    yield continual("announce", conf.operations.interval, announcing.run)


class Announcements:
    def __init__(self, log: UntoldOperations, announcer: Announcer) -> None:
        self._log = log
        self._announcer = announcer

    def run(self) -> Outcome:
        """Announce what is news, the oldest operation first, until that
        fails.

        1 statement if there is nothing; 1 more for each that is told of.
        """
        told: list[Operation] = []
        error = ""
        untold = self._log.untold(_MANY)
        try:
            for one in untold:
                for said in announcements(one):
                    self._announcer.announce(said)
                told.append(one)
        except Unavailable as exc:
            LOG.warning("Operations are not announced: %s", exc)
            error = str(exc)
        finally:
            self._log.told(told)
        return Outcome(
            outcome="failed" if error else "done",
            summary={"told": len(told)},
            error=error,
            idle=not (told or error),
            more=len(untold) == _MANY and not error,
        )


def announcements(operation: Operation) -> list[Announcement]:
    """Return what is to be told of an operation: each of its phases that
    was not told yet, the start first."""
    now = _PHASES[operation.state]
    told = None if operation.told is None else _PHASES[operation.told]
    phases = ["start"] if told is None else []
    if now != "start":
        phases.append(now)
    return [
        _announcement(operation, phase) for phase in phases if phase != told
    ]


def _announcement(operation: Operation, phase: str) -> Announcement:
    event_type = f"concertim.{operation.noun}.{operation.action}.{phase}"
    is_start = phase == "start"
    at = operation.asked_at if is_start else operation.finished_at
    return Announcement(
        message_id=str(uuid.uuid5(_NAMESPACE, f"{operation.id}/{phase}")),
        event_type=event_type,
        at=at or operation.asked_at,
        payload={
            "operation_id": operation.id,
            "noun": operation.noun,
            "action": operation.action,
            "region": operation.region,
            "resource_id": operation.resource_id,
            "name": operation.name,
            "project_id": operation.project_id,
            "user_id": operation.user_id,
            "request_id": operation.request_id,
            "arguments": operation.arguments,
            "state": "asked" if is_start else operation.state,
            "error": None if is_start else operation.error,
        },
    )
