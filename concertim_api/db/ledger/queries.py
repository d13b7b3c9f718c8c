"""What is read of periods and resources."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db import models
from concertim_api.db.ledger import fields, histories
from concertim_api.db.ledger import rows as records
from concertim_api.db.listing import Condition
from concertim_api.db.types import Micros
from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Observation, Period, Ref
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.ledger.ports import Types, Window

_p = models.periods.c
_r = models.resources.c

_NAMES = sa.select(_r.resource_id, _r.name).where(
    _r.kind == sa.bindparam("kind"),
    _r.resource_id.in_(sa.bindparam("ids", expanding=True)),
    _r.name != "",
)


def overlapping(window: Window) -> Iterator[Condition]:
    """Yield the conditions for periods that overlap a window."""
    if window.end is not None:
        yield _p.start_at < window.end
    if window.start is not None:
        yield _p.end_at > window.start


def periods(
    connection: Connection, listing: Listing, window: Window, types: Types = ()
) -> Page:
    return lists.fetch(connection, _periods(listing, window, types))


# To put a statement together takes as long as to run it, and callers ask the
# same question again and again. Kept is the question, never an answer.
@functools.lru_cache(maxsize=256)
def _periods(listing: Listing, window: Window, types: Types) -> lists.Prepared:
    return lists.prepare(
        sa.select(*fields.period_row(types))
        .select_from(fields.JOINED)
        .where(
            *lists.conditions(listing.filters, fields.PERIOD_FIELDS),
            *overlapping(window),
        ),
        listing,
        lists.order(listing.sort, fields.PERIOD_SORT, ("start", False), _p.pk),
    )


def all_periods(connection: Connection) -> Iterator[Any]:
    query = (
        sa.select(*fields.PERIOD_ROW)
        .select_from(fields.JOINED)
        .order_by(_r.region, _r.kind, _r.resource_id, _p.start_at)
    )
    yield from connection.execution_options(yield_per=1000).execute(query)


def resources(connection: Connection, listing: Listing) -> Page:
    return lists.fetch(connection, _resources(listing))


@functools.lru_cache(maxsize=256)
def _resources(listing: Listing) -> lists.Prepared:
    return lists.prepare(
        sa.select(*fields.RESOURCE_ROW).where(
            *lists.conditions(listing.filters, fields.RESOURCE_FIELDS)
        ),
        listing,
        lists.order(listing.sort, fields.RESOURCE_SORT, ("id", False), _r.pk),
    )


def resources_at(
    connection: Connection,
    listing: Listing,
    at: datetime,
    *which: Condition,
) -> Page:
    return lists.page(
        connection,
        sa.select(*fields.PERIOD_ROW)
        .select_from(fields.JOINED)
        .where(
            *which,
            *lists.conditions(listing.filters, fields.MOMENT_FIELDS),
            _p.start_at <= at,
            _p.end_at > at,
        ),
        listing,
        lists.order(listing.sort, fields.RESOURCE_SORT, ("id", False), _p.pk),
    )


def _is(ref: Ref) -> Condition:
    return sa.and_(
        _r.region == ref.region,
        _r.kind == ref.kind,
        _r.resource_id == ref.id,
    )


def history(
    connection: Connection, ref: Ref
) -> tuple[Any, list[Period], list[Observation]]:
    """Return a resource, its periods and observations: 3 statements."""
    found = connection.execute(
        sa.select(*fields.RESOURCE_ROW, _r.pk).where(_is(ref))
    ).one_or_none()
    if found is None:
        raise NotFound(f"{ref.kind} {ref.id}")
    held = connection.execute(
        sa.select(*fields.PERIOD)
        .where(_p.resource_pk == found.pk)
        .order_by(_p.start_at)
    )
    return (
        found,
        [records.period(row) for row in held],
        histories.of(connection, found.pk, ref),
    )


def find(connection: Connection, resource_id: str) -> list[Any]:
    return list(
        connection.execute(
            sa.select(*fields.RESOURCE_ROW)
            .where(_r.resource_id == resource_id)
            .order_by(_r.region, _r.kind)
        )
    )


def regions(connection: Connection) -> list[Mapping[str, Any]]:
    rows = connection.execute(
        sa.select(
            _r.region.label("name"),
            sa.func.count().label("resources"),
            sa.type_coerce(sa.func.max(_r.last_reported_at), Micros).label(
                "newest_observation"
            ),
        )
        .group_by(_r.region)
        .order_by(_r.region)
    )
    return [dict(row._mapping) for row in rows]


def names(
    connection: Connection, kind: str, ids: Collection[str]
) -> dict[str, str]:
    rows = connection.execute(_NAMES, {"kind": kind, "ids": sorted(ids)})
    return {resource_id: name for resource_id, name in rows}


def ids(
    connection: Connection, kind: str, names: Collection[str]
) -> list[str]:
    rows = connection.execute(
        sa.select(_r.resource_id)
        .where(_r.kind == kind, _r.name.in_(sorted(names)))
        .order_by(_r.resource_id)
    )
    return list(rows.scalars())
