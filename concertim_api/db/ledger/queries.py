"""Reading the ledger: periods, resources and their names."""

from __future__ import annotations

import dataclasses as dc
import functools
from collections.abc import (
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.ledger import fields, tables
from concertim_api.db.listing import Condition
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import FOREVER, Micros, Seconds
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger.ports import Types, Window

_p = tables.periods.c
_r = tables.resources.c

_NAMES = sa.select(_r.resource_id, _r.name).where(
    _r.kind == sa.bindparam("kind"),
    _r.resource_id.in_(sa.bindparam("ids", expanding=True)),
    _r.name != "",
)


class SqlLedgerReader(Adapter):
    """``LedgerReader``, ``LifetimeReader``, ``PastReader`` and
    ``RegionReader`` of a database."""

    def periods(
        self, listing: Listing, window: Window, types: Types = ()
    ) -> Page:
        query = _periods(listing, window, types)

        def page(connection: Connection) -> Page:
            page = lists.fetch(connection, query)
            before = (
                page.rows[0].archived_before
                if page.rows
                else connection.execute(_ARCHIVED_BEFORE).scalar()
            )
            return dc.replace(page, archived_before=before)

        return self._read(page)

    def archived_before(self) -> datetime | None:
        return archived_before(self._row)

    def all_periods(self) -> Iterator[Any]:
        """Stream every PeriodRow, by region, kind, resource id and start."""
        query = (
            sa.select(*fields.PERIOD_ROW)
            .select_from(fields.JOINED)
            .order_by(_r.region, _r.kind, _r.resource_id, _p.start_at)
        )
        with self._stream() as connection:
            stream = connection.execution_options(yield_per=1000)
            yield from stream.execute(query)

    def lifetimes(
        self,
        filters: Sequence[Filter],
        window: Window,
        types: Types = (),
    ) -> Iterator[Any]:
        fit = lists.conditions(filters, fields.PERIOD_FIELDS)
        owners = (
            sa.select(_p.resource_pk)
            .select_from(fields.JOINED)
            .where(*fit, *overlapping(window))
        )
        query = (
            sa.select(*fields.period_row(types), _r.updated_at)
            .select_from(fields.JOINED)
            .where(*fit, _p.resource_pk.in_(owners))
            .order_by(_r.kind, _r.resource_id, _r.region, _p.start_at)
        )
        with self._stream() as connection:
            stream = connection.execution_options(yield_per=1000)
            yield from stream.execute(query)

    def period_counts(self, kinds: Collection[str]) -> tuple[int, int]:
        runs = sa.type_coerce(_p.end_at, sa.BigInteger) == FOREVER
        query = sa.select(
            sa.func.count(), sa.func.count(sa.case((runs, 1)))
        ).where(_p.kind.in_(sorted(kinds)))
        total, running = self._row(query)
        return total, running

    def resources(self, listing: Listing) -> Page:
        query = _resources(listing)
        return self._read(lambda c: lists.fetch(c, query))

    def resources_at(self, listing: Listing, at: datetime) -> Page:
        return self._at(listing, at)

    def racks_at(self, listing: Listing, at: datetime) -> Page:
        return self._at(listing, at, _r.kind == "stack", _r.belongs_to == "")

    def _at(
        self, listing: Listing, at: datetime, *conditions: Condition
    ) -> Page:
        query = (
            sa.select(*fields.PERIOD_ROW)
            .select_from(fields.JOINED)
            .where(
                *conditions,
                *lists.conditions(listing.filters, fields.MOMENT_FIELDS),
                _p.start_at <= at,
                _p.end_at > at,
            )
        )
        by = lists.order(
            listing.sort, fields.MOMENT_SORT, ("id", False), _p.pk
        )
        return self._read(lambda c: lists.page(c, query, listing, by))

    def find(self, resource_id: str) -> list[Any]:
        query = (
            sa.select(*fields.RESOURCE_ROW)
            .where(_r.resource_id == resource_id)
            .order_by(_r.region, _r.kind)
        )
        return self._rows(query)

    def belonging(self, kind: str, owners: Collection[Ref]) -> list[Ref]:
        keys = {(ref.region, ref.id) for ref in owners}
        query = sa.select(_r.region, _r.resource_id, _r.belongs_to).where(
            _r.kind == kind,
            _r.belongs_to.in_(sorted({owner_id for _, owner_id in keys})),
        )
        return [
            Ref(region, kind, resource_id)
            for region, resource_id, owner_id in self._rows(query)
            if (region, owner_id) in keys
        ]

    def regions(self) -> list[Mapping[str, Any]]:
        query = (
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
        return [dict(row._mapping) for row in self._rows(query)]

    def names(self, kind: str, ids: Collection[str]) -> dict[str, str]:
        values = {"kind": kind, "ids": sorted(ids)}
        rows = self._read(lambda c: c.execute(_NAMES, values).all())
        return {resource_id: name for resource_id, name in rows}

    def ids(self, kind: str, names: Collection[str]) -> list[str]:
        query = (
            sa.select(_r.resource_id)
            .where(_r.kind == kind, _r.name.in_(sorted(names)))
            .order_by(_r.resource_id)
        )
        return self._read(lambda c: list(c.execute(query).scalars()))

    def kinds(self, names: Collection[str]) -> set[str]:
        query = sa.select(_r.kind).where(_r.kind.in_(sorted(names))).distinct()
        return self._read(lambda c: set(c.execute(query).scalars()))


_a = tables.resources.alias("archived").c

#: Made once: each list asks it. The condition is for SQLite, which else
#: reads all rows, and not the few of the index.
_ARCHIVED_BEFORE = sa.select(
    sa.type_coerce(sa.func.max(_a.archived_to), Seconds)
).where(_a.archived_to.is_not(None))


def archived_before(row: Callable[[sa.Executable], Any]) -> datetime | None:
    """As of ``ArchiveReader``; ``row`` returns the first row of a query."""
    moment: datetime | None = row(_ARCHIVED_BEFORE)[0]
    return moment


def overlapping(window: Window) -> Iterator[Condition]:
    """Yield the conditions for periods that overlap a window."""
    if window.end is not None:
        yield _p.start_at < window.end
    if window.start is not None:
        yield _p.end_at > window.start


# Making a statement takes as long as running it, and callers send the same
# ones again and again. Statements are cached, rows never.
@functools.lru_cache(maxsize=256)
def _periods(listing: Listing, window: Window, types: Types) -> lists.Prepared:
    return lists.prepare(
        sa.select(
            *fields.period_row(types),
            # Once for all rows, and not by a statement of its own.
            _ARCHIVED_BEFORE.scalar_subquery().label("archived_before"),
        )
        .select_from(fields.JOINED)
        .where(
            *lists.conditions(listing.filters, fields.PERIOD_FIELDS),
            *overlapping(window),
        ),
        listing,
        lists.order(listing.sort, fields.PERIOD_SORT, ("start", False), _p.pk),
    )


@functools.lru_cache(maxsize=256)
def _resources(listing: Listing) -> lists.Prepared:
    return lists.prepare(
        sa.select(*fields.RESOURCE_ROW).where(
            *lists.conditions(listing.filters, fields.RESOURCE_FIELDS)
        ),
        listing,
        lists.order(listing.sort, fields.RESOURCE_SORT, ("id", False), _r.pk),
    )
