"""Sums of clipped periods in whole seconds, made by the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import NamedColumn

from concertim_api.db import listing as lists
from concertim_api.db.ledger import tables
from concertim_api.db.ledger.fields import PERIOD_FIELDS
from concertim_api.db.ledger.queries import overlapping
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import as_json, from_seconds, to_seconds
from concertim_api.domain.attributes import Size
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import UsageRow, Window

_p = tables.periods.c
_r = tables.resources.c

_FIELDS = ("project_id", "kind", "type", "state", "region")
_SIZE = ("vcpus", "ram_mb", "disk_gb")
_DAY = 86400

Number = sa.ColumnElement[int]


class SqlUsage(Adapter):
    """``services.ledger.ports.UsageReader`` of a database."""

    def sums(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
        limit: int,
        specs: Sequence[str] = (),
    ) -> list[UsageRow]:
        labels = [f"spec{place}" for place, _ in enumerate(specs)]
        more = map(_spec, specs, labels)
        columns = [*(_p[name] for name in _SIZE), *more]
        pieces = _pieces(group, filters, window, columns).c
        by = [pieces[name] for name in (*group, *_SIZE, *labels)]
        seconds = sa.func.sum(pieces.seconds)
        query = sa.select(seconds, *by).group_by(*by).limit(limit)
        place = len(group) + 1
        return [
            UsageRow(
                _group(group, row[1:]),
                Size(*row[place : place + len(_SIZE)]),
                int(row[0]),
                tuple(row[place + len(_SIZE) :]),
            )
            for row in self._rows(query)
        ]

    def resource_counts(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
    ) -> dict[tuple[Any, ...], int]:
        pieces = _pieces(group, filters, window, [_p.resource_pk]).c
        by = [pieces[name] for name in group]
        number = sa.func.count(sa.distinct(pieces.resource_pk))
        query = sa.select(*by, number).group_by(*by)
        rows = self._rows(query)
        return {_group(group, row): row[-1] for row in rows if row[-1]}


def _spec(key: str, label: str) -> sa.Label[str]:
    """Return the value of an extra spec of the flavor; NULL: none."""
    part = as_json(_p.shape)["flavor", "extra_specs", key]
    value: sa.ColumnElement[str] = part.as_string()
    return value.label(label)


def _group(group: Sequence[str], row: Any) -> tuple[Any, ...]:
    return tuple(
        from_seconds(value) if name == "day" else value
        for name, value in zip(group, row, strict=False)
    )


def _pieces(
    group: Sequence[str],
    filters: Sequence[Filter],
    window: Window,
    more: Sequence[NamedColumn[Any]],
) -> sa.CTE | sa.Subquery:
    """Return the clipped periods; for sums by day, cut at midnight.

    They have the columns of the group, and ``more``.
    """
    unknown = set(group) - {*_FIELDS, "day"}
    if unknown:
        raise ValueError(f"no such fields: {sorted(unknown)}")
    start, end = _clipped(window)
    columns = [_p[name] for name in group if name != "day"] + [*more]
    source: sa.FromClause = tables.periods
    if any(condition.field == "resource_id" for condition in filters):
        source = source.join(tables.resources, _r.pk == _p.resource_pk)
    query = (
        sa.select(*columns)
        .select_from(source)
        .where(
            _p.is_usage == 1,
            *lists.conditions(filters, PERIOD_FIELDS),
            *overlapping(window),
        )
    )
    if "day" in group:
        return _by_day(query, [c.name for c in columns], start, end)
    seconds = (end - start).label("seconds")
    return query.add_columns(seconds).subquery("pieces")


def _clipped(window: Window) -> tuple[Number, Number]:
    """Return start and end of the part of a period within a window."""
    if window.start is None or window.end is None:
        raise ValueError("the window must have both ends")
    first, last = (
        sa.literal(to_seconds(moment), sa.BigInteger)
        for moment in (window.start, window.end)
    )
    start, end = (
        sa.type_coerce(column, sa.BigInteger)
        for column in (_p.start_at, _p.end_at)
    )
    return _largest(start, first), _smallest(end, last)


def _by_day(
    query: sa.Select[Any], names: Sequence[str], start: Number, end: Number
) -> sa.CTE:
    """Return a row for each day that a period touches.

    The rest after each midnight is a piece again. So the work grows with the
    days that periods last, not with the days of the window.
    """
    day = _midnight(start)
    pieces = query.add_columns(
        day.label("day"),
        end.label("rest"),
        (_smallest(end, day + _DAY) - start).label("seconds"),
    ).cte("pieces", recursive=True)
    before = pieces.alias("before").c
    tomorrow = before.day + _DAY
    return pieces.union_all(
        sa.select(
            *(before[name] for name in names),
            tomorrow,
            before.rest,
            _smallest(before.rest, tomorrow + _DAY) - tomorrow,
        ).where(tomorrow < before.rest)
    )


def _midnight(moment: Number) -> Number:
    # Twice: the remainder of a time before 1970 is negative.
    return moment - (moment % _DAY + _DAY) % _DAY


def _smallest(first: Number, second: Number) -> Number:
    return sa.case((first < second, first), else_=second)


def _largest(first: Number, second: Number) -> Number:
    return sa.case((first > second, first), else_=second)
