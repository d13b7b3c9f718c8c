"""The observations and periods of resources."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.ledger import fields, tables
from concertim_api.db.ledger import rows as records
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import to_micros
from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Observation, Period, Ref
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.ledger.ports import EndedResource

_r = tables.resources.c
_o = tables.observations.c
_p = tables.periods.c
_c = tables.changes.c
_count = tables.counters.c


class SqlHistories(Adapter):
    """``HistoryReader``, ``MomentReader``, ``RefoldQueue`` and
    ``ArchiveQueue`` of the ledger's ports."""

    def history(self, ref: Ref) -> tuple[Any, list[Period], list[Observation]]:
        return self._read(lambda c: _history(c, ref))

    def unfinished(self, limit: int) -> list[Ref]:
        query = (
            sa.select(_r.region, _r.kind, _r.resource_id)
            .where(_r.refold_at.is_not(None))
            .order_by(_r.refold_at)
            .limit(limit)
        )
        return [Ref(*row) for row in self._rows(query)]

    def ended(
        self, before: datetime, after: int, limit: int
    ) -> list[EndedResource]:
        of_resource = _o.resource_pk == _r.pk
        observed = sa.select(sa.func.count()).where(of_resource)
        latest = sa.func.max(sa.type_coerce(_o.received_at, sa.BigInteger))
        received = sa.select(latest).where(of_resource)
        query = (
            sa.select(
                *(_r.pk, _r.generation, observed.scalar_subquery()),
                *(_r.region, _r.kind, _r.resource_id),
            )
            .where(
                _r.pk > after,
                _r.ended.is_not(None),
                _r.archived_to.is_(None),
                _r.refold_at.is_(None),
                ~sa.exists().where(
                    _p.resource_pk == _r.pk, _p.end_at >= before
                ),
                # Not by EXISTS: MariaDB would read all observations for it.
                received.scalar_subquery() < to_micros(before),
            )
            .order_by(_r.pk)
            .limit(limit)
        )
        return [
            EndedResource(pk, Ref(*ref), generation, count)
            for pk, generation, count, *ref in self._rows(query)
        ]

    def old_entries(self, before: datetime) -> tuple[int, int]:
        newer = sa.select(_c.cursor).where(_c.recorded_at >= before)
        newest = sa.select(_count.value).where(_count.name == "changes")
        first = self._row(sa.select(sa.func.min(_c.cursor)))[0]
        last = self._row(
            sa.select(
                sa.func.coalesce(
                    newer.order_by(_c.cursor).limit(1).scalar_subquery(),
                    newest.scalar_subquery() + 1,
                )
            )
        )[0]
        return (last if first is None else first), last

    def drop_entries(self, cursor: int) -> None:
        self._run(sa.delete(tables.changes).where(_c.cursor < cursor))

    def unfinished_count(self) -> int:
        query = sa.select(sa.func.count()).where(_r.refold_at.is_not(None))
        return int(self._row(query)[0])

    def histories(self, refs: Collection[Ref]) -> dict[Ref, list[Observation]]:
        query = _of(refs).order_by(_o.at, _o.reported_at, _o.key)
        return self._read(lambda c: _histories(c.execute(query), refs))

    def histories_until(
        self, refs: Collection[Ref], until: datetime, limit: int | None
    ) -> dict[Ref, list[Observation]] | None:
        # Without an order, the database stops at the limit.
        most = None if limit is None else limit + 1
        rows = self._rows(_of(refs).where(_o.at <= until).limit(most))
        return None if len(rows) == most else _histories(rows, refs)

    def observations(self, listing: Listing) -> Page:
        query = (
            sa.select(*fields.OBSERVATION, _r.region, _r.kind, _r.resource_id)
            .join(tables.resources, _r.pk == _o.resource_pk)
            .where(
                *lists.conditions(listing.filters, fields.OBSERVATION_FIELDS)
            )
        )
        by = lists.order(
            listing.sort,
            fields.OBSERVATION_SORT,
            ("reported_at", False),
            _o.pk,
        )
        page = self._read(lambda c: lists.page(c, query, listing, by))
        return Page([_observation(row) for row in page.rows], page.marker)

    def periods_of(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        query = (
            sa.select(*fields.PERIOD, _r.resource_id.label("_id"))
            .join(tables.resources, _r.pk == _p.resource_pk)
            .where(_r.resource_id.in_(sorted({ref.id for ref in refs})))
            .order_by(_p.start_at)
        )
        return self._read(lambda c: _periods(c.execute(query), refs))


def _of(refs: Collection[Ref]) -> sa.Select[Any]:
    """Return the query for observations of resources with these ids."""
    return (
        sa.select(*fields.OBSERVATION, _r.region, _r.kind, _r.resource_id)
        .join(tables.resources, _r.pk == _o.resource_pk)
        .where(_r.resource_id.in_(sorted({ref.id for ref in refs})))
    )


def _observation(row: Any) -> Observation:
    return records.observation(Ref(row.region, row.kind, row.resource_id), row)


# Row by row: the details of a large stack are large.
def _histories(
    rows: Iterable[Any], refs: Collection[Ref]
) -> dict[Ref, list[Observation]]:
    observations: dict[Ref, list[Observation]] = {ref: [] for ref in refs}
    for row in rows:
        ref = Ref(*row[-3:])
        if ref in observations:
            observations[ref].append(records.observation(ref, row[:-3]))
    return observations


def _periods(
    rows: Iterable[Any], refs: Collection[Ref]
) -> dict[Ref, list[Period]]:
    periods: dict[Ref, list[Period]] = {ref: [] for ref in refs}
    for row in rows:
        ref = Ref(row.region, row.kind, row[-1])
        if ref in periods:
            periods[ref].append(records.period(row))
    return periods


def _history(
    connection: Connection, ref: Ref
) -> tuple[Any, list[Period], list[Observation]]:
    resource = connection.execute(
        sa.select(*fields.RESOURCE_ROW, _r.pk, _r.generation).where(
            _r.region == ref.region,
            _r.kind == ref.kind,
            _r.resource_id == ref.id,
        )
    ).one_or_none()
    if resource is None:
        raise NotFound(f"{ref.kind} {ref.id}")
    periods = connection.execute(
        sa.select(*fields.PERIOD)
        .where(_p.resource_pk == resource.pk)
        .order_by(_p.start_at)
    )
    observations = connection.execute(
        sa.select(*fields.OBSERVATION)
        .where(_o.resource_pk == resource.pk)
        .order_by(_o.at, _o.reported_at, _o.key)
    )
    return (
        resource,
        [records.period(row) for row in periods],
        [records.observation(ref, row) for row in observations],
    )
