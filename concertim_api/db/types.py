"""Column types: ids by their bytes, times as integers, JSON as text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: The end of a period that runs: with it in the place of NULL, a unique
#: key allows one running period, and windows need no OR.
FOREVER = 253402300799


def to_seconds(moment: datetime) -> int:
    """Return whole seconds since the epoch."""
    passed = moment - EPOCH
    return passed.days * 86400 + passed.seconds


def to_micros(moment: datetime) -> int:
    """Return microseconds since the epoch."""
    passed = moment - EPOCH
    return (
        passed.days * 86400 + passed.seconds
    ) * 1000000 + passed.microseconds


def from_seconds(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def from_micros(micros: int) -> datetime:
    # Not by fromtimestamp: a float does not hold every microsecond.
    return EPOCH + timedelta(microseconds=micros)


class _Moments(dict[int | None, datetime | None]):
    """Moments by their stored number: each is worked out once.

    Lists show the same starts and ends again and again, and a look-up costs
    a tenth of making a datetime.
    """

    _MOST = 65536

    def __init__(self, make: Callable[[int], datetime | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, number: int | None) -> datetime | None:
        if len(self) >= self._MOST:
            self.clear()
        moment = None if number is None else self._make(number)
        self[number] = moment
        return moment


class _Time(types.TypeDecorator[datetime]):
    """A moment, kept as an integer.

    The result processor is a bare look-up, without TypeDecorator's
    wrapping: a page has thousands of times.
    """

    impl = sa.BigInteger
    cache_ok = True
    moments: _Moments

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        return self.moments.__getitem__

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """Arithmetic and comparisons with integers stay integers."""
        return self if isinstance(value, datetime) else sa.BigInteger()


class Seconds(_Time):
    """A moment in whole seconds."""

    cache_ok = True
    moments = _Moments(from_seconds)

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else to_seconds(value)


class End(_Time):
    """The end of a period; None, it runs, is stored as FOREVER."""

    cache_ok = True
    moments = _Moments(lambda n: None if n == FOREVER else from_seconds(n))

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return FOREVER if value is None else to_seconds(value)


class Micros(_Time):
    """A moment in microseconds."""

    cache_ok = True
    moments = _Moments(from_micros)

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)


class Exact(types.TypeDecorator[Decimal]):
    """A decimal, kept as its digits: no database rounds it."""

    impl = sa.String(80)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(
        self, value: Any, dialect: Dialect
    ) -> Decimal | None:
        return None if value is None else Decimal(value)


def _collation(dialect: Dialect) -> str:
    is_mariadb = getattr(dialect, "is_mariadb", True)
    return "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"


class Id(types.TypeDecorator[str]):
    """An id or a name, compared and sorted by its code points.

    Case, accents and trailing spaces tell two ids apart in every database.
    """

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        length = getattr(self.impl_instance, "length", None)
        if dialect.name in ("mysql", "mariadb"):
            return mysql.VARCHAR(
                length, charset="utf8mb4", collation=_collation(dialect)
            )
        if dialect.name == "postgresql":
            return postgresql.VARCHAR(length, collation="C")
        return dialect.type_descriptor(sa.String(length))


def json_text() -> types.TypeEngine[str]:
    """JSON as text: pages hand it out as it is."""
    return sa.Text().with_variant(
        mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"),
        "mysql",
        "mariadb",
    )


class as_json(FunctionElement[Any]):
    """The JSON in a text column: its parts can be read in SQL.

    No cast but where the database has a type of JSON: the collation of a
    part is that of the column.
    """

    type = sa.JSON()
    inherit_cache = True


@compiles(as_json)
def _as_it_is(element: as_json, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(as_json, "postgresql")
def _as_cast(element: as_json, compiler: Any, **kw: Any) -> str:
    return f"CAST({_as_it_is(element, compiler, **kw)} AS JSON)"


def big_id() -> types.TypeEngine[int]:
    """A key that the database counts up."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class NameOf(FunctionElement[str]):
    """The name in JSON text; NULL if it has none."""

    inherit_cache = True
    type = sa.Text()


@compiles(NameOf)
def _name_of(element: NameOf, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    if compiler.dialect.name == "sqlite":
        return f"json_extract({text}, '$.name')"
    if compiler.dialect.name == "postgresql":
        return f"CAST({text} AS JSON) ->> 'name'"
    return f"json_value({text}, '$.name') COLLATE " + _collation(
        compiler.dialect
    )
