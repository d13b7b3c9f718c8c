"""Rows of the projector's tables from its objects, and back."""

from __future__ import annotations

from typing import Any

from concertim_api.db.ledger import rows
from concertim_api.db.types import (
    Micros,
    Seconds,
    from_seconds,
    to_seconds,
)
from concertim_api.db.view.queries import CONTENT
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Fact
from concertim_api.services.view.ports import (
    Member,
    Resource,
    RowContent,
    StoredRow,
    StoredSlot,
)

#: Columns of resources that ``resource`` reads.
RESOURCE = (
    *("pk", "generation", "stale", "start_at", "ended", "belongs_to"),
    *("state", "last_reported_at", "last_key"),
    *("region", "kind", "resource_id", "project_id", "shape", "details"),
)

#: Columns of view_objects, as ``stored`` wants them.
STORED = ("resource_pk", "rack_pk", "generation", *CONTENT)

SLOT = ("rack_pk", "device_pk", "since_at", "start_u", "height_u")

MEMBER = ("resource_id", "kind", "region", "rack_pk")


def resource(row: Any) -> Resource:
    """Return the resource of a row of ``RESOURCE``."""
    pk, generation, stale, start_at, ended, belongs_to, *rest = row
    state, reported_at, key, *ref, project_id, shape, details = rest
    return Resource(
        pk,
        generation,
        bool(stale),
        start_at is not None and ended is None,
        belongs_to,
        state,
        Micros.moments[reported_at],
        key,
        Fact(
            ref=Ref(*ref),
            project_id=project_id,
            shape=rows.loads(shape),
            details=rows.loads(details),
            start=Seconds.moments[start_at],
        ),
    )


def stored(row: Any) -> StoredRow:
    """Return the row of the view of a row of ``STORED``."""
    pk, rack_pk, generation, *values, start_u = row
    content = RowContent._make((*values, start_u or None))
    return StoredRow(pk, rack_pk, generation, content)


def stored_row(row: StoredRow, now: int) -> tuple[Any, ...]:
    """Return a row of ``STORED``, and when it was written."""
    *content, start_u = row.content
    return (*row[:3], *content, start_u or 0, now)


def slot(row: Any) -> StoredSlot:
    """Return the slot of a row of ``SLOT``."""
    rack_pk, device_pk, since_at, *slot = row
    return StoredSlot(rack_pk, device_pk, from_seconds(since_at), *slot)


def slot_row(slot: StoredSlot) -> tuple[int, ...]:
    """Return a row of ``SLOT``."""
    return (*slot[:2], to_seconds(slot.since_at), *slot[3:])


def member(row: Any) -> Member:
    """Return the member of a row of ``MEMBER`` and ``is_device``."""
    resource_id, kind, region, rack_pk, is_device = row[:5]
    return Member(rack_pk, Ref(region, kind, resource_id), bool(is_device))


def member_key(member: Member) -> tuple[str, str, str, int]:
    """Return a row of ``MEMBER``."""
    region, kind, resource_id = member.ref
    return resource_id, kind, region, member.rack_pk
