"""The columns of rows, and what lists can be filtered and sorted by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.ledger import rows, tables
from concertim_api.db.listing import Condition, Field
from concertim_api.db.types import FOREVER, Id, NameOf
from concertim_api.domain.ledger.observations import OF_LIFE
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import Types

_p = tables.periods.c
_r = tables.resources.c
_o = tables.observations.c
_c = tables.changes.c

JOINED = tables.periods.join(tables.resources, _r.pk == _p.resource_pk)


def _name_then() -> sa.ColumnElement[str]:
    """Return the name that a resource had when a period ended, "" for none.

    One seek in an index for each row.
    """
    past = tables.observations.alias().c
    name = NameOf(past.details)
    query = sa.select(name).where(
        past.resource_pk == _p.resource_pk,
        sa.type_coerce(past.at, sa.BigInteger)
        < sa.type_coerce(_p.end_at, sa.BigInteger),
        # No IN: SQLAlchemy expands it again for each page.
        sa.or_(*(past.says == says for says in sorted(OF_LIFE))),
        name.is_not(None),
    )
    newest = (past.at.desc(), past.reported_at.desc(), past.key.desc())
    return sa.func.coalesce(
        query.order_by(*newest).limit(1).scalar_subquery(), ""
    )


#: The name of a period's resource. Who had it before a transfer sees no name
#: that another project gave it since.
PERIOD_NAME: sa.ColumnElement[str] = sa.type_coerce(
    sa.case(
        (_p.project_id.is_not_distinct_from(_r.project_id), _r.name),
        else_=_name_then(),
    ),
    Id(255),
)

#: The labels are those of PeriodRow.
PERIOD_ROW = (
    _p.pk.label("id"),
    _p.region,
    _p.kind,
    _r.resource_id,
    sa.func.nullif(PERIOD_NAME, "").label("name"),
    _p.project_id,
    _p.start_at.label("start"),
    _p.end_at.label("end"),
    _p.state,
    _p.type,
    _p.vcpus,
    _p.ram_mb,
    _p.disk_gb,
    _p.shape,
)


def period_row(types: Types) -> tuple[sa.ColumnElement[Any], ...]:
    """Return PERIOD_ROW with the names of types, where they have one.

    Each row of such a kind takes a look-up in an index: that is quicker than
    a second statement for all rows.
    """
    if not types:
        return PERIOD_ROW
    names = [(_p.kind == kind, _name(type_)) for kind, type_ in types]
    named = sa.func.coalesce(sa.case(*names), _p.type).label("type")
    return tuple(named if c is _p.type else c for c in PERIOD_ROW)


def _name(kind: str) -> sa.ScalarSelect[Any]:
    """Return the name of a period's type, which is a resource of a kind.

    If it has several names in several regions, it is any of them.
    """
    type_ = tables.resources.alias().c
    return (
        sa.select(sa.func.max(type_.name))
        .where(
            type_.kind == kind,
            type_.resource_id == _p.type,
            type_.name != "",
        )
        .scalar_subquery()
    )


#: The labels are those of ResourceRow.
RESOURCE_ROW = (
    _r.region,
    _r.kind,
    _r.resource_id.label("id"),
    sa.func.nullif(_r.name, "").label("name"),
    _r.project_id,
    _r.state,
    _r.type,
    _r.shape,
    _r.details,
    _r.start_at.label("start"),
    _r.end_at.label("end"),
    _r.ended,
    _r.updated_at,
    _r.archived_to,
)


def _as_stored(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.type_coerce(column, sa.types.NullType()).label(column.name)


#: The columns of which ``rows`` makes domain objects.
PERIOD = tuple(_as_stored(_p[name]) for name in rows.PERIOD)
OBSERVATION = tuple(_as_stored(_o[name]) for name in rows.OBSERVATION)

_ENDS = sa.type_coerce(_p.end_at, sa.BigInteger)


def _period_runs(condition: Filter) -> Condition:
    return _ENDS == FOREVER if _truth(condition) else _ENDS != FOREVER


def _resource_runs(condition: Filter) -> Condition:
    runs = sa.and_(_r.start_at.is_not(None), _r.ended.is_(None))
    return runs if _truth(condition) else sa.not_(runs)


def _truth(condition: Filter) -> bool:
    if condition.operator not in ("eq", "neq"):
        raise ValueError(f"{condition.field} is eq or neq")
    return bool(condition.value) == (condition.operator == "eq")


_REF = lists.fields((_r.region, _r.kind, _r.resource_id))

PERIOD_FIELDS: lists.Fields = {
    **lists.fields(PERIOD_ROW, but=("shape",)),
    "end": Field(_p.end_at, none=FOREVER),
    "running": _period_runs,
}

RESOURCE_FIELDS: lists.Fields = {
    **lists.fields(RESOURCE_ROW, but=("shape", "details", "archived_to")),
    "resource_id": Field(_r.resource_id),
    "name": Field(_r.name, none=""),
    "running": _resource_runs,
}

#: Fields of a resource at a past moment: those of its period then.
MOMENT_FIELDS: lists.Fields = {
    **PERIOD_FIELDS,
    "id": Field(_r.resource_id),
    "name": Field(PERIOD_NAME, none=""),
    "updated_at": Field(_r.updated_at),
}

OBSERVATION_FIELDS: lists.Fields = {
    **lists.fields(
        (
            *(_o.key, _o.at, _o.reported_at, _o.received_at),
            *(_o.says, _o.project_id, _o.source, _o.author),
        )
    ),
    **_REF,
}

CHANGE_FIELDS: lists.Fields = {
    "project_id": Field(_c.project_id),
    **_REF,
}

PERIOD_SORT = {"start": _p.start_at, "end": _p.end_at, "id": _p.pk}
RESOURCE_SORT = {
    "id": _r.resource_id,
    "name": _r.name,
    "updated_at": _r.updated_at,
}
#: At a past moment.
MOMENT_SORT = {**RESOURCE_SORT, "name": PERIOD_NAME}
OBSERVATION_SORT = {
    "reported_at": _o.reported_at,
    "received_at": _o.received_at,
}
