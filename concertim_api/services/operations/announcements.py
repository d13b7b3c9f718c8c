"""Announcements: notifications about the states of operations.

The log of operations has the states that are still to be announced. So
whatever breaks, no message is lost; one may come twice, with the same id.
"""

from __future__ import annotations

import dataclasses as dc
import logging
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.operations import Operation, OperationState
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.operations.ports import UnannouncedOperations

LOG = logging.getLogger(__name__)

#: Operations that are announced in one run.
_MANY = 200

#: The ends of the types of events.
_PHASES: Mapping[OperationState, str] = {
    "asked": "start",
    "accepted": "start",
    "done": "end",
    "failed": "error",
    "unsure": "error",
}

#: Message ids are made of this, so that a repetition has the same id.
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
    """Sends announcements."""

    def announce(self, announcement: Announcement) -> None:
        """Send an announcement. Raises Unavailable: it was not sent."""


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    announcing = Announcements(built.store.operations, built.announcer)
    yield continual("announce", conf.operations.interval, announcing.run)


@dc.dataclass(frozen=True, slots=True)
class Announcements:
    log: UnannouncedOperations
    announcer: Announcer

    def run(self) -> Outcome:
        """Announce new states, the oldest operation first, until one fails.

        1 statement, and 1 for each operation that is announced.
        """
        announced: list[Operation] = []
        error = ""
        operations = self.log.unannounced(_MANY)
        try:
            for operation in operations:
                for announcement in announcements(operation):
                    self.announcer.announce(announcement)
                announced.append(operation)
        except Unavailable as exc:
            LOG.warning("Operations are not announced: %s", exc)
            error = str(exc)
        finally:
            self.log.set_announced(announced)
        return Outcome(
            outcome="failed" if error else "done",
            summary={"announced": len(announced)},
            error=error,
            idle=not (announced or error),
            more=len(operations) == _MANY and not error,
        )


def announcements(operation: Operation) -> list[Announcement]:
    """Return the announcements that an operation lacks, the start first."""
    announced = operation.announced_state
    phases = ["start"] if announced is None else []
    phase = _PHASES[operation.state]
    if phase != "start" and (announced is None or phase != _PHASES[announced]):
        phases.append(phase)
    return [_announcement(operation, phase) for phase in phases]


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
