"""Conditions, order and pages of lists."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.types import (
    FOREVER,
    End,
    Id,
    Micros,
    to_micros,
    to_seconds,
)
from concertim_api.domain.errors import Invalid
from concertim_api.services.common.listing import Filter, Listing, Page

Condition = sa.ColumnElement[bool]


class Field(NamedTuple):
    """A column to filter by; ``none``: what stands for None in it."""

    column: sa.ColumnElement[Any]
    none: Any = None


Fields = Mapping[str, Field | Callable[[Filter], Condition]]


def fields(
    row: Iterable[sa.ColumnElement[Any]], but: Collection[str] = ()
) -> dict[str, Field]:
    """Return the plain columns of a row as fields, by their labels, all
    ``but`` some."""
    return {
        str(column.key): Field(plain)
        for column in row
        if isinstance(plain := getattr(column, "element", column), sa.Column)
        and column.key not in but
    }


_COMPARE = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def conditions(
    filters: Iterable[Filter], fields: Fields
) -> Iterable[Condition]:
    """Yield the filters as SQL. An unknown field is a KeyError: names are
    checked before they get here."""
    for condition in filters:
        field = fields[condition.field]
        if isinstance(field, Field):
            yield _condition(field, condition.operator, condition.value)
        else:
            yield field(condition)


def _condition(field: Field, name: str, value: Any) -> Condition:
    """Compare as people do: what has no value is not equal to one."""
    if name in ("nin", "neq"):
        opposite = "in" if name == "nin" else "eq"
        same = _condition(field, opposite, value)
        return sa.not_(sa.func.coalesce(same, sa.false()))
    if name == "in":
        return sa.or_(*_either(field, tuple(value)))
    if value is None:
        if name != "eq":
            raise ValueError(f"{name} needs a value")
        return _has_none(field)
    condition: Condition = _COMPARE[name](field.column, value)
    return condition


def _either(field: Field, values: tuple[Any, ...]) -> Iterable[Condition]:
    if None in values:
        yield _has_none(field)
    yield field.column.in_([value for value in values if value is not None])


def _has_none(field: Field) -> Condition:
    if field.none is None:
        return field.column.is_(None)
    kind = _plain(field.column)
    return sa.type_coerce(field.column, kind) == sa.literal(field.none, kind)


class Order(NamedTuple):
    """An order of rows by columns that are never NULL, the last unique."""

    columns: tuple[sa.ColumnElement[Any], ...]
    descending: tuple[bool, ...]


def order(
    sort: Sequence[tuple[str, bool]],
    columns: Mapping[str, sa.ColumnElement[Any]],
    default: tuple[str, bool],
    unique: sa.ColumnElement[Any],
) -> Order:
    """Return the order for a sort, made total by a unique column.

    The unique column follows the direction of the first: one index serves
    both.
    """
    chosen = tuple(sort) or (default,)
    directions = {columns[name]: down for name, down in reversed(chosen)}
    directions = dict(reversed(directions.items()))
    directions.setdefault(unique, chosen[0][1])
    return Order(tuple(directions), tuple(directions.values()))


class Prepared(NamedTuple):
    """The statement of a page, and where in its rows the columns of the
    order are."""

    statement: sa.Select[Any]
    limit: int
    columns: tuple[sa.ColumnElement[Any], ...]
    places: tuple[int, ...]


def prepare(query: sa.Select[Any], listing: Listing, by: Order) -> Prepared:
    """Return the statement for one page of a query."""
    if listing.marker is not None:
        query = query.where(_after(by, listing.marker))
    query = query.order_by(
        *(
            column.desc() if down else column
            for column, down in zip(by.columns, by.descending, strict=True)
        )
    )
    places = _places(query)
    missing = [c for c in by.columns if id(c) not in places]
    query = query.add_columns(
        *(column.label(f"_{n}") for n, column in enumerate(missing))
    )
    places = _places(query) if missing else places
    return Prepared(
        query.limit(listing.limit + 1),
        listing.limit,
        by.columns,
        tuple(places[id(column)] for column in by.columns),
    )


def fetch(connection: Connection, prepared: Prepared) -> Page:
    """Return the page that a statement was prepared for."""
    rows = connection.execute(prepared.statement).all()
    if len(rows) <= prepared.limit:
        return Page(rows)
    rows = rows[: prepared.limit]
    last = [rows[-1][place] for place in prepared.places]
    return Page(rows, tuple(map(_stored, prepared.columns, last)))


def page(
    connection: Connection,
    query: sa.Select[Any],
    listing: Listing,
    by: Order,
) -> Page:
    """Return one page of a query."""
    return fetch(connection, prepare(query, listing, by))


def _places(query: sa.Select[Any]) -> dict[int, int]:
    """Return where in a row each plain column of a table is."""
    return {
        id(getattr(column, "element", column)): place
        for place, column in enumerate(query.selected_columns)
    }


def _stored(column: sa.ColumnElement[Any], value: Any) -> Any:
    """Return a value as the column stores it: markers travel as JSON."""
    if isinstance(column.type, Micros):
        return to_micros(value)
    if isinstance(value, datetime) or isinstance(column.type, End):
        return FOREVER if value is None else to_seconds(value)
    return value


def _plain(column: sa.ColumnElement[Any]) -> sa.types.TypeEngine[Any]:
    """Return the type of a column's values as they are stored."""
    if isinstance(column.type, sa.Date):
        return column.type
    return sa.String() if isinstance(column.type, Id) else sa.BigInteger()


def _after(by: Order, marker: Sequence[Any]) -> Condition:
    """Return the condition for what follows a row in an order.

    Each level repeats ``column >= value``: MariaDB then finds the range.
    """
    if len(marker) != len(by.columns):
        raise Invalid("marker", "not of this list")
    rest: Condition | None = None
    places = zip(by.columns, by.descending, marker, strict=True)
    for column, down, value in reversed(list(places)):
        literal = sa.literal(_checked(column, value), _plain(column))
        plain = sa.type_coerce(column, _plain(column))
        past = plain < literal if down else plain > literal
        if rest is None:
            rest = past
        else:
            from_here = plain <= literal if down else plain >= literal
            rest = sa.and_(from_here, sa.or_(past, rest))
    assert rest is not None
    return rest


def _checked(column: sa.ColumnElement[Any], value: Any) -> Any:
    """Return a marker's value: markers come back from callers."""
    if isinstance(value, datetime):
        micros = isinstance(column.type, Micros)
        return to_micros(value) if micros else to_seconds(value)
    if isinstance(column.type, sa.Date):
        return _day(value)
    expected = str if isinstance(_plain(column), sa.String) else int
    too_big = type(value) is int and abs(value) >= 2**63
    if type(value) is not expected or too_big:
        raise Invalid("marker", "not of this list")
    return value


def _day(value: Any) -> date:
    """Return a day of a marker, which is a text when it comes back."""
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (ValueError, TypeError):
        raise Invalid("marker", "not of this list") from None
