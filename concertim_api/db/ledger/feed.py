"""The feed of changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.ledger import fields, tables
from concertim_api.db.transactions import Adapter
from concertim_api.services.common.listing import Filter

_r = tables.resources.c
_c = tables.changes.c


#: Entries that a transaction removes, at most.
_ENTRIES = 10_000


class SqlFeed(Adapter):
    """``services.ledger.ports.FeedReader`` and ``FeedWriter`` of a
    database."""

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

    def restart(self, least: int) -> int:
        first, last = self.bounds()
        for cursor in range(first, last, _ENTRIES):
            self._run(sa.delete(tables.changes).where(_c.cursor <= cursor))
        return self._change(lambda c: _restart(c, least))


def _restart(connection: Connection, least: int) -> int:
    counters = tables.counters
    is_feed = counters.c.name == "changes"
    # Locked: nobody enters a change until the commit.
    value = connection.execute(
        sa.select(counters.c.value).where(is_feed).with_for_update()
    ).scalar_one()
    cursor = max(least, int(value) + 1)
    connection.execute(sa.delete(tables.changes))
    connection.execute(sa.update(counters).where(is_feed).values(value=cursor))
    return cursor
