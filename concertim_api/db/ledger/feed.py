"""The feed of changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.ledger import fields, tables
from concertim_api.db.transactions import Adapter
from concertim_api.services.common.listing import Filter

_r = tables.resources.c
_c = tables.changes.c


class SqlFeed(Adapter):
    """``services.ledger.ports.FeedReader`` of a database."""

    def changes(
        self, after: int, filters: Sequence[Filter], limit: int
    ) -> list[Any]:
        query = (
            sa.select(
                _c.cursor,
                _r.region,
                _r.kind,
                _r.resource_id,
                _c.project_id,
                _c.since_at.label("since"),
                _c.recorded_at,
            )
            .join(tables.resources, _r.pk == _c.resource_pk)
            .where(
                _c.cursor > after,
                *lists.conditions(filters, fields.CHANGE_FIELDS),
            )
            .order_by(_c.cursor)
            .limit(limit)
        )
        return self._rows(query)

    def bounds(self) -> tuple[int, int]:
        first = sa.select(sa.func.min(_c.cursor)).scalar_subquery()
        counters = tables.counters.c
        query = sa.select(first, counters.value).where(
            counters.name == "changes"
        )
        oldest, last = self._row(query)
        return (last if oldest is None else oldest - 1), last
