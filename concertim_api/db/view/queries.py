"""What is read of the view, and for the view of the past."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db import models
from concertim_api.db.ledger import fields, queries
from concertim_api.db.ledger import rows as records
from concertim_api.db.types import EPOCH
from concertim_api.domain import attributes
from concertim_api.domain.ledger.observations import Period, Ref
from concertim_api.services.common.listing import Filter, Listing, Page

_r = models.resources.c
_v = models.view_objects.c
_p = models.periods.c
_places = models.placements.c


def is_stale(connection: Connection) -> bool:
    one = sa.select(_r.pk).where(_r.stale == 1).limit(1)
    return connection.execute(one).first() is not None


def shown(connection: Connection, noun: str, listing: Listing) -> Page:
    return lists.page(
        connection,
        sa.select(*fields.VIEW_ROW).where(
            _v.noun == noun,
            *lists.conditions(listing.filters, fields.VIEW_FIELDS),
        ),
        listing,
        lists.order(
            listing.sort, fields.VIEW_SORT, ("id", False), _v.resource_pk
        ),
    )


def find_shown(
    connection: Connection, noun: str, view_id: str, filters: Sequence[Filter]
) -> list[Any]:
    return list(
        connection.execute(
            sa.select(*fields.VIEW_ROW)
            .where(
                _v.noun == noun,
                _v.resource_id == view_id,
                *lists.conditions(filters, fields.VIEW_FIELDS),
            )
            .order_by(_v.region)
        )
    )


def racks_at(connection: Connection, listing: Listing, at: datetime) -> Page:
    return queries.resources_at(
        connection, listing, at, _r.kind == "stack", _r.belongs_to == ""
    )


def placements(connection: Connection, racks: Collection[Ref]) -> list[Any]:
    """Return PlacementRows."""
    wanted = set(racks)
    rack = models.resources.alias("rack").c
    rows = connection.execute(
        sa.select(
            _r.region,
            rack.resource_id.label("rack_id"),
            _r.kind,
            _r.resource_id,
            _places.since_at.label("since"),
            _places.start_u,
            _places.height_u,
            rack.region.label("_region"),
        )
        .select_from(
            rack.pk.table.join(
                models.placements, _places.rack_pk == rack.pk
            ).join(models.resources, _r.pk == _places.device_pk)
        )
        .where(
            rack.kind == "stack",
            rack.resource_id.in_(sorted({ref.id for ref in wanted})),
        )
        .order_by(_places.since_at, _places.device_pk)
    )
    return [
        row for row in rows if Ref(row[-1], "stack", row.rack_id) in wanted
    ]


def periods_of(
    connection: Connection, refs: Collection[Ref]
) -> dict[Ref, list[Period]]:
    found: dict[Ref, list[Period]] = {ref: [] for ref in refs}
    rows = connection.execute(
        sa.select(*fields.PERIOD, _r.resource_id.label("_id"))
        .join(models.resources, _r.pk == _p.resource_pk)
        .where(_r.resource_id.in_(sorted({ref.id for ref in refs})))
        .order_by(_p.start_at)
    )
    for row in rows:
        ref = Ref(row.region, row.kind, row[-1])
        if ref in found:
            found[ref].append(records.period(row))
    return found


def belonging(
    connection: Connection, kind: str, owners: Collection[Ref]
) -> list[Ref]:
    wanted = {(ref.region, ref.id) for ref in owners}
    rows = connection.execute(
        sa.select(_r.region, _r.resource_id, _r.belongs_to).where(
            _r.kind == kind,
            _r.belongs_to.in_(sorted({name for _, name in wanted})),
        )
    )
    return [
        Ref(region, kind, name)
        for region, name, owner in rows
        if (region, owner) in wanted
    ]


def running(
    connection: Connection, region: str, kind: str
) -> dict[str, datetime]:
    rows = connection.execute(
        sa.select(_r.resource_id, _r.last_reported_at).where(
            _r.kind == kind, _r.region == region, *_runs()
        )
    )
    return {name: heard_at or EPOCH for name, heard_at in rows}


def read_marks(connection: Connection, region: str) -> dict[str, datetime]:
    # Row by row: the details of a large stack are large.
    rows = connection.execution_options(yield_per=100).execute(
        sa.select(_r.resource_id, _r.details).where(
            _r.kind == "stack",
            _r.belongs_to == "",
            _r.region == region,
            *_runs(),
        )
    )
    told = ((name, orjson.loads(details)) for name, details in rows)
    return {
        name: read_at
        for name, details in told
        if (read_at := attributes.moment(details.get("read_at")))
    }


def _runs() -> tuple[lists.Condition, ...]:
    return _r.start_at.is_not(None), _r.ended.is_(None)
