"""The columns of rows, and what lists can be filtered and sorted by."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.listing import Field
from concertim_api.db.view import tables

_v = tables.view_objects.c

#: The labels are those of ViewRow.
ROW = (
    _v.noun,
    _v.region,
    _v.resource_id.label("id"),
    _v.kind,
    _v.project_id,
    _v.name,
    _v.status,
    _v.type,
    _v.rack_id,
    sa.func.nullif(_v.start_u, 0).label("start_u"),
    _v.height_u,
    _v.body,
    _v.generation,
    _v.updated_at,
)

FIELDS: lists.Fields = {
    **{
        name: Field(_v[name])
        for name in (
            "region",
            "kind",
            "project_id",
            "name",
            "status",
            "type",
            "rack_id",
            "height_u",
            "generation",
            "updated_at",
        )
    },
    "id": Field(_v.resource_id),
    "start_u": Field(_v.start_u, none=0),
}

SORT = {
    "id": _v.resource_id,
    "name": _v.name,
    "updated_at": _v.updated_at,
    "start_u": _v.start_u,
}
