"""The columns of rows, and what lists can be filtered and sorted by."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.listing import Field
from concertim_api.db.view import tables
from concertim_api.services.view.ports import RowContent

_v = tables.view_objects.c

#: The columns of RowContent, in its order.
CONTENT = tuple(
    "resource_id" if name == "id" else name for name in RowContent._fields
)

_LABELLED = {
    "resource_id": _v.resource_id.label("id"),
    "start_u": sa.func.nullif(_v.start_u, 0).label("start_u"),
}

#: The labels are those of ViewRow.
ROW = tuple(
    _LABELLED.get(name, _v[name])
    for name in (*CONTENT, "generation", "updated_at")
)

FIELDS: lists.Fields = {
    **lists.fields(ROW, but=("noun", "body")),
    "start_u": Field(_v.start_u, none=0),
}

SORT = {
    "id": _v.resource_id,
    "name": _v.name,
    "updated_at": _v.updated_at,
    "start_u": _v.start_u,
}
