"""The ledger: its rows, and the ports of where they are kept.

Rows that only pass through on their way to a caller are protocols: an
adapter may hand out its own row objects, so that a page costs no copy.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from concertim_api.domain.ledger.kinds import Size
from concertim_api.domain.ledger.observations import (
    Life,
    Observation,
    Period,
    Ref,
)
from concertim_api.services.common.listing import Json

#: (kind, kind of the resources that its types are)
Types = tuple[tuple[str, str], ...]


@dc.dataclass(frozen=True, slots=True)
class Window:
    """[start, end) of time; None: open on that side."""

    start: datetime | None = None
    end: datetime | None = None


class PeriodRow(Protocol):
    """A period with the names of its resource. Times are UTC."""

    id: int
    region: str
    kind: str
    resource_id: str
    name: str | None
    project_id: str | None
    start: datetime
    end: datetime | None
    state: str | None
    type: str | None
    vcpus: int
    ram_mb: int
    disk_gb: int
    shape: Json


class ResourceRow(Protocol):
    """A resource as it is, or was when it went."""

    region: str
    kind: str
    id: str
    name: str | None
    project_id: str | None
    state: str | None
    type: str | None
    shape: Json
    details: Json
    start: datetime | None
    end: datetime | None
    ended: str | None
    updated_at: datetime


class ChangeRow(Protocol):
    """One entry of the feed: the periods of a resource changed."""

    cursor: int
    region: str
    kind: str
    resource_id: str
    project_id: str | None
    since: datetime
    recorded_at: datetime


@dc.dataclass(frozen=True, slots=True)
class UsageRow:
    """The seconds that periods of one size lasted within a window.

    The totals are sums of seconds x size: one row for each size keeps the
    arithmetic exact in every database. ``group`` has the values of the
    fields asked for, ``day`` among them as a datetime.
    """

    group: tuple[Any, ...]
    size: Size
    seconds: int


@dc.dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notification that could not be understood or stored."""

    id: int
    region: str
    message_id: str | None
    event_type: str | None
    publisher_id: str | None
    received_at: datetime
    error: str
    message: Mapping[str, Any]
    attempts: int = 1


@dc.dataclass(frozen=True, slots=True)
class Refresh:
    """A resource that the cloud is to be asked for.

    ``asked_at``: when that was last wanted; it tells whether it was wanted
    again while the cloud answered. ``attempts``: so many failed.
    """

    ref: Ref
    asked_at: datetime
    attempts: int = 0


@dc.dataclass(frozen=True, slots=True)
class Change:
    """What became of one resource in one transaction.

    ``put`` replaces periods of the same start or adds them; ``drop`` names
    the starts of those that are no more. ``since`` is the earliest moment
    about which the periods differ now; None: they do not, only details.
    """

    ref: Ref
    life: Life
    put: Sequence[Period] = ()
    drop: Sequence[datetime] = ()
    since: datetime | None = None


class Ledger(Protocol):
    """The observed state, inside one transaction. The recorder's only."""

    def lives(self, refs: Collection[Ref]) -> dict[Ref, Life]:
        """Lock these resources, the new ones too, and return their lives.

        3 statements at most, 1 if all are known.
        """

    def known(self, keys: Collection[str]) -> set[str]:
        """Return those keys whose observations are stored. 1 statement."""

    def add(self, observations: Sequence[Observation]) -> None:
        """Store new observations of locked resources. 1 statement."""

    def observations(
        self, refs: Collection[Ref]
    ) -> dict[Ref, list[Observation]]:
        """Return all observations of these resources. 1 statement."""

    def periods(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        """Return the stored periods of these resources. 1 statement."""

    def save(self, changes: Sequence[Change]) -> None:
        """Store what became of locked resources.

        Where periods changed, the change enters the feed, whose cursor
        grows in the order of commits. 5 statements at most.
        """
