"""Sums of clipped periods in whole seconds, made by the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.sql.elements import NamedColumn

from concertim_api.db import listing as lists
from concertim_api.db.ledger import tables
from concertim_api.db.ledger.fields import PERIOD_FIELDS
from concertim_api.db.ledger.queries import archived_before, overlapping
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import as_json, from_seconds, to_seconds
from concertim_api.domain.attributes import Size, section
from concertim_api.domain.ledger.observations import Attributes
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import UsageRow, Window

_p = tables.periods.c
_r = tables.resources.c

_FIELDS = ("project_id", "kind", "type", "state", "region")
_SIZE = ("vcpus", "ram_mb", "disk_gb")
_DAY = 86400

#: The extra specs of the flavor, as JSON; NULL: it has none.
_SPECS = as_json(_p.shape)["flavor", "extra_specs"].as_string().label("specs")

Number = sa.ColumnElement[int]


class SqlUsage(Adapter):
    """``services.ledger.ports.UsageReader`` of a database."""

    def archived_before(self) -> datetime | None:
        return archived_before(self._row)

    def sums(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
        limit: int,
        with_specs: bool = False,
    ) -> list[UsageRow]:
        specs = _SPECS if with_specs else sa.null().label(_SPECS.name)
        columns = [*(_p[name] for name in _SIZE), specs]
        pieces = _pieces(group, filters, window, columns).c
        by = [pieces[name] for name in (*group, *_SIZE, specs.name)]
        seconds = sa.func.sum(pieces.seconds)
        query = sa.select(*by, seconds).group_by(*by).limit(limit)
        return [
            UsageRow(
                _group(group, row),
                Size(*row[-5:-2]),
                int(row[-1]),
                _read_specs(row[-2]),
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


def _read_specs(text: str | None) -> Attributes:
    """Return extra specs; {} for what a correction says instead of them."""
    try:
        return section(orjson.loads(text or "{}"))
    except orjson.JSONDecodeError:
        return {}


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
