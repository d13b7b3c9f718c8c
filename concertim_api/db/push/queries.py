"""The queries of bindings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.listing import Field
from concertim_api.db.push import rows, tables
from concertim_api.db.view import fields
from concertim_api.db.view import tables as view

_b = tables.bindings.c
_v = view.view_objects.c
_r = ledger.resources.c

Query = sa.Select[Any]

#: The labels are those of bindings.PushRow.
PUSH_ROW = (
    _b.pk.label("id"),
    _b.noun,
    _b.region,
    _b.resource_id,
    _b.name,
    _b.foreign_id,
    _b.state,
    _b.attempts,
    _b.error,
    _b.due_at,
    _b.pushed_at,
)

FIELDS: lists.Fields = {
    "id": Field(_b.pk),
    **{
        column.name: Field(column)
        for column in (
            _b.noun,
            _b.region,
            _b.resource_id,
            _b.name,
            _b.foreign_id,
            _b.state,
            _b.attempts,
            _b.due_at,
            _b.pushed_at,
        )
    },
}

_rack = ledger.resources.alias("rack")

_WITH_VIEW = (
    tables.bindings.join(
        view.view_objects,
        sa.and_(_v.resource_pk == _b.resource_pk, _v.noun == _b.noun),
        isouter=True,
    )
    .join(ledger.resources, _r.pk == _b.resource_pk, isouter=True)
    .join(
        _rack,
        sa.and_(
            _rack.c.region == _b.region,
            _rack.c.kind == "stack",
            _rack.c.resource_id == _b.rack_id,
        ),
        isouter=True,
    )
)

#: Whether the ledger knows that a resource is gone, or its rack.
_ENDED = sa.or_(_r.ended.is_not(None), _rack.c.ended.is_not(None))


def any_due(now: datetime) -> Query:
    return sa.select(_b.pk).where(_b.due_at <= now).limit(1)


def due(now: datetime, limit: int) -> Query:
    """Bindings, whether their resources ended, and rows of the view.

    Of one moment, templates come before racks, and racks before devices. So
    what an object needs is never in a later batch.
    """
    return (
        sa.select(
            *rows.labelled(tables.bindings),
            _ENDED.label("_ended"),
            _v.resource_pk.is_not(None).label("_shown"),
            *fields.ROW,
        )
        .select_from(_WITH_VIEW)
        .where(_b.due_at <= now)
        .order_by(_b.due_at, _b.noun.desc(), _b.pk)
        .limit(limit)
    )


def unconfirmed() -> Query:
    return (
        sa.select(*rows.labelled(tables.bindings))
        .select_from(_WITH_VIEW)
        .where(
            _b.due_at.is_not(None),
            _b.foreign_id.is_not(None),
            _v.resource_pk.is_(None),
            sa.not_(_ENDED),
        )
    )


def counts() -> Query:
    return (
        sa.select(_b.noun, sa.func.count())
        .where(_b.foreign_id.is_not(None))
        .group_by(_b.noun)
    )


def troubled() -> Query:
    return sa.select(sa.func.count()).where(
        _b.state.in_(("failing", "refused"))
    )


def in_use(
    column: Literal["rack_id", "template_id"], ids: Collection[str]
) -> Query:
    return (
        sa.select(_b.region, _b[column])
        .distinct()
        .where(_b[column].in_(ids), _b.foreign_id.is_not(None))
    )


def templates() -> Query:
    return sa.select(*rows.labelled(tables.bindings)).where(
        _b.noun == "template"
    )


def present_after(pk: int, limit: int) -> Query:
    """Bindings of objects that are in the front end, after a primary key,
    with their primary keys."""
    return (
        sa.select(*rows.labelled(tables.bindings), _b.pk.label("_pk"))
        .where(_b.pk > pk, _b.foreign_id.is_not(None))
        .order_by(_b.pk)
        .limit(limit)
    )
