"""What is read of the view."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.transactions import Adapter
from concertim_api.db.view import fields, tables
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing, Page

_r = ledger.resources.c
_v = tables.view_objects.c
_s = tables.slots.c


class SqlView(Adapter):
    """``services.view.ports.ViewReader`` of a database."""

    def page(self, noun: str, listing: Listing) -> Page:
        query = sa.select(*fields.ROW).where(
            _v.noun == noun,
            *lists.conditions(listing.filters, fields.FIELDS),
        )
        by = lists.order(
            listing.sort, fields.SORT, ("id", False), _v.resource_pk
        )
        return self._read(lambda c: lists.page(c, query, listing, by))

    def find(
        self, noun: str, view_id: str, filters: Sequence[Filter] = ()
    ) -> list[Any]:
        query = (
            sa.select(*fields.ROW)
            .where(
                _v.noun == noun,
                _v.resource_id == view_id,
                *lists.conditions(filters, fields.FIELDS),
            )
            .order_by(_v.region)
        )
        return self._rows(query)

    def slots(self, racks: Collection[Ref]) -> list[Any]:
        refs = set(racks)
        query = _slots_of(sorted({ref.id for ref in refs}))
        return [
            row
            for row in self._rows(query)
            if Ref(row[-1], "stack", row.rack_id) in refs
        ]


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
