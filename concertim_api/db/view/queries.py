"""What is read of the view."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db import models
from concertim_api.db.ledger import fields
from concertim_api.db.transactions import Read
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing, Page

_r = models.resources.c
_v = models.view_objects.c
_s = models.slots.c


class SqlView:
    """``ViewReader`` and ``PastSlots`` of ``services.view.ports``."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def page(self, noun: str, listing: Listing) -> Page:
        query = sa.select(*fields.VIEW_ROW).where(
            _v.noun == noun,
            *lists.conditions(listing.filters, fields.VIEW_FIELDS),
        )
        by = lists.order(
            listing.sort, fields.VIEW_SORT, ("id", False), _v.resource_pk
        )
        return self._read(lambda c: lists.page(c, query, listing, by))

    def find(
        self, noun: str, view_id: str, filters: Sequence[Filter] = ()
    ) -> list[Any]:
        query = (
            sa.select(*fields.VIEW_ROW)
            .where(
                _v.noun == noun,
                _v.resource_id == view_id,
                *lists.conditions(filters, fields.VIEW_FIELDS),
            )
            .order_by(_v.region)
        )
        return self._read(lambda c: list(c.execute(query)))

    def slots(self, racks: Collection[Ref]) -> list[Any]:
        refs = set(racks)
        query = _slots_of(sorted({ref.id for ref in refs}))
        return [
            row
            for row in self._read(lambda c: c.execute(query).all())
            if Ref(row[-1], "stack", row.rack_id) in refs
        ]


def _slots_of(rack_ids: Sequence[str]) -> sa.Select[Any]:
    rack = models.resources.alias("rack").c
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
            rack.pk.table.join(models.slots, _s.rack_pk == rack.pk).join(
                models.resources, _r.pk == _s.device_pk
            )
        )
        .where(rack.kind == "stack", rack.resource_id.in_(rack_ids))
        .order_by(_s.since_at, _s.device_pk)
    )
