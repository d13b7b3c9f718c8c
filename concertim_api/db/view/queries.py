"""What is read of the view."""

from __future__ import annotations

import collections
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.listing import Field
from concertim_api.db.transactions import Adapter
from concertim_api.db.view import tables
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.view.ports import RowContent

_r = ledger.resources.c
_v = tables.view_objects.c
_s = tables.slots.c

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

_FIELDS: lists.Fields = {
    **lists.fields(ROW, but=("noun", "body")),
    "start_u": Field(_v.start_u, none=0),
}

_SORT = {
    "id": _v.resource_id,
    "name": _v.name,
    "updated_at": _v.updated_at,
    "start_u": _v.start_u,
}


class SqlView(Adapter):
    """``ViewReader`` and ``RefReader`` of ``services.view.ports``, and
    ``services.monitoring.ports.HiddenStackReader``."""

    def page(self, noun: str, listing: Listing) -> Page:
        query = sa.select(*ROW).where(
            _v.noun == noun,
            *lists.conditions(listing.filters, _FIELDS),
        )
        by = lists.order(listing.sort, _SORT, ("id", False), _v.resource_pk)
        return self._read(lambda c: lists.page(c, query, listing, by))

    def find(
        self, noun: str, view_id: str, filters: Sequence[Filter] = ()
    ) -> list[Any]:
        query = (
            sa.select(*ROW)
            .where(
                _v.noun == noun,
                _v.resource_id == view_id,
                *lists.conditions(filters, _FIELDS),
            )
            .order_by(_v.region)
        )
        return self._rows(query)

    def refs(self, noun: str) -> list[tuple[str | None, Ref]]:
        query = sa.select(
            _v.project_id, _v.region, _v.kind, _v.resource_id
        ).where(_v.noun == noun)
        return [(project, Ref(*ref)) for project, *ref in self._rows(query)]

    def hidden_stacks(self) -> Mapping[str, int]:
        counts: collections.Counter[str] = collections.Counter()
        for row in self._rows(_hidden()):
            counts[row.project_name or row.project_id or ""] += row.stacks
        return dict(counts.most_common())

    def slots(self, racks: Collection[Ref]) -> list[Any]:
        refs = set(racks)
        query = _slots_of(sorted({ref.id for ref in refs}))
        return [
            row
            for row in self._rows(query)
            if Ref(row[-1], "stack", row.rack_id) in refs
        ]


def _hidden() -> sa.Select[Any]:
    """Count running root stacks that were projected, and have no rack."""
    project = ledger.resources.alias("project").c
    counts: sa.Select[Any] = sa.select(
        project.name.label("project_name"),
        _r.project_id,
        sa.func.count().label("stacks"),
    )
    return (
        counts.select_from(
            ledger.resources.outerjoin(
                tables.view_objects, _v.resource_pk == _r.pk
            ).outerjoin(
                project.pk.table,
                sa.and_(
                    project.region == _r.region,
                    project.kind == "project",
                    project.resource_id == _r.project_id,
                ),
            )
        )
        .where(
            _r.kind == "stack",
            _r.belongs_to == "",
            _r.start_at.is_not(None),
            _r.ended.is_(None),
            _r.stale == 0,
            _v.resource_pk.is_(None),
        )
        .group_by(project.name, _r.project_id)
    )


def _slots_of(rack_ids: Sequence[str]) -> sa.Select[Any]:
    rack = ledger.resources.alias("rack").c
    return (
        sa.select(
            _r.region,
            rack.resource_id.label("rack_id"),
            _r.kind,
            _r.resource_id,
            _s.since_at.label("since"),
            _s.start_u,
            _s.height_u,
            rack.region.label("_region"),
        )
        .select_from(
            rack.pk.table.join(tables.slots, _s.rack_pk == rack.pk).join(
                ledger.resources, _r.pk == _s.device_pk
            )
        )
        .where(rack.kind == "stack", rack.resource_id.in_(rack_ids))
        .order_by(_s.since_at, _s.device_pk)
    )
