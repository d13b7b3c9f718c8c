# ruff: noqa: S608 (text of our own; values are bound, or go by ``literal``)
"""Many rows in one statement, in each database's own way.

The recorder writes batches, and its cost per row decides how many events a
second the listener takes. So its statements are text, made once, and rows go
to the driver as plain tuples:

- SQLite binds row after row in C (``executemany``);
- PostgreSQL takes one array for each column (``unnest``);
- MariaDB takes one list of literals (``VALUES``), made by ``literal``: a
  fifth of what PyMySQL's own escaping costs. (Measured and left out: one
  JSON document for ``JSON_TABLE``, which the server reads twice as slowly.)
"""

from __future__ import annotations

import abc
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sequence,
)
from typing import Any, Protocol

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

Row = tuple[Any, ...]
Statement = Callable[[Connection, Sequence[Row]], None]
Take = Callable[[Connection, int], int]

#: Of keys in one IN: MariaDB turns longer lists into a subquery.
_KEYS = 1000

#: Of characters in one statement, below any usual ``max_allowed_packet``.
_LENGTH = 4 * 1024 * 1024


def chunks(keys: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield keys in their order, as many at a time as one IN may have."""
    ordered = sorted(keys)
    for first in range(0, len(ordered), _KEYS):
        yield ordered[first : first + _KEYS]


def columns_of(table: sa.Table, names: Iterable[str]) -> list[sa.Column[Any]]:
    return [table.c[name] for name in names]


class Select(Protocol):
    """Yields the rows of the given keys."""

    def __call__(
        self,
        connection: Connection,
        values: Collection[Any],
        rows: int | None = None,
    ) -> Iterator[Any]:
        """Yield so many rows, at most, of those that the database returns.

        No more than these are read of it.
        """


class Bulk(abc.ABC):
    """Makes statements that take rows as tuples of the given columns.

    Without rows, a statement is not run.
    """

    lock = " FOR UPDATE"

    def __init__(self, dialect: Dialect) -> None:
        self._quote = dialect.identifier_preparer.quote

    @abc.abstractmethod
    def insert(
        self,
        columns: Sequence[sa.Column[Any]],
        key: Sequence[str] = (),
        replacing: Sequence[str] = (),
    ) -> Statement:
        """Insert rows, in their order. Of a row whose ``key`` is there
        already, the columns of ``replacing`` get the new values."""

    @abc.abstractmethod
    def insert_missing(
        self, columns: Sequence[sa.Column[Any]], key: Sequence[str]
    ) -> Statement:
        """Insert the rows whose ``key`` is not there."""

    @abc.abstractmethod
    def delete(self, columns: Sequence[sa.Column[Any]]) -> Statement:
        """Delete rows with these values."""

    @abc.abstractmethod
    def take(self, name: str) -> Take:
        """Raise a counter, locking it until the commit; return it."""

    @abc.abstractmethod
    def select(
        self, columns: str, table: str, within: str, rest: str = ""
    ) -> Select:
        """Select rows by the values of one column, in chunks."""

    def by_id(self, table: str, index: str) -> str:
        """Return the table as named where rows are locked by id."""
        return table

    def name(self, column: sa.Column[Any]) -> str:
        return self._quote(column.name)

    def names(self, columns: Sequence[sa.Column[Any]]) -> str:
        return ", ".join(map(self.name, columns))


class OnConflict(Bulk):
    """Those that speak of conflicts as PostgreSQL does.

    ``mark`` stands for a value in a statement.
    """

    mark: str

    def insert(
        self,
        columns: Sequence[sa.Column[Any]],
        key: Sequence[str] = (),
        replacing: Sequence[str] = (),
    ) -> Statement:
        text = self.insertion(columns)
        if key:
            text += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET "
            text += ", ".join(f"{name}=excluded.{name}" for name in replacing)
        return self.running(text)

    def insert_missing(
        self, columns: Sequence[sa.Column[Any]], key: Sequence[str]
    ) -> Statement:
        return self.running(
            f"{self.insertion(columns)} "
            f"ON CONFLICT ({', '.join(key)}) DO NOTHING"
        )

    def take(self, name: str) -> Take:
        text = (
            f"UPDATE counters SET value = value + {self.mark} WHERE name = "
            f"'{name}' RETURNING value"
        )

        def run(connection: Connection, count: int) -> int:
            result = connection.exec_driver_sql(text, (count,))
            return int(result.scalar_one())

        return run

    @abc.abstractmethod
    def insertion(self, columns: Sequence[sa.Column[Any]]) -> str:
        """Return the statement that inserts rows, without conflicts."""

    @abc.abstractmethod
    def running(self, text: str) -> Statement:
        """Return what runs a statement with rows."""


class Sqlite(OnConflict):
    """Binds rows one after the other, in C."""

    mark = "?"
    lock = ""  # the transaction has the whole database

    def delete(self, columns: Sequence[sa.Column[Any]]) -> Statement:
        condition = " AND ".join(f"{self.name(c)}=?" for c in columns)
        return self.running(
            f"DELETE FROM {columns[0].table} WHERE {condition}"
        )

    def select(
        self, columns: str, table: str, within: str, rest: str = ""
    ) -> Select:
        text = (
            f"SELECT {columns} FROM {table} WHERE {within} IN "
            f"(SELECT value FROM json_each(?)){rest}"
        )

        def run(
            connection: Connection,
            values: Collection[Any],
            rows: int | None = None,
        ) -> Iterator[Any]:
            limit = "" if rows is None else f" LIMIT {rows:d}"
            if values:
                array = orjson.dumps(list(values)).decode()
                cursor = connection.exec_driver_sql(text + limit, (array,))
                yield from cursor.all()

        return run

    def insertion(self, columns: Sequence[sa.Column[Any]]) -> str:
        marks = ", ".join("?" * len(columns))
        return (
            f"INSERT INTO {columns[0].table} ({self.names(columns)}) "
            f"VALUES ({marks})"
        )

    def running(self, text: str) -> Statement:
        def run(connection: Connection, rows: Sequence[Row]) -> None:
            if rows:
                connection.exec_driver_sql(text, list(rows))

        return run


class Postgresql(OnConflict):
    """Takes one array for each column."""

    mark = "%s"

    def delete(self, columns: Sequence[sa.Column[Any]]) -> Statement:
        condition = " AND ".join(
            f"t.{self.name(c)}=v.{self.name(c)}" for c in columns
        )
        return self.running(
            f"DELETE FROM {columns[0].table} AS t "
            f"USING {self._rows(columns)} WHERE {condition}"
        )

    def select(
        self, columns: str, table: str, within: str, rest: str = ""
    ) -> Select:
        text = f"SELECT {columns} FROM {table} WHERE {within} IN %s{rest}"

        def run(
            connection: Connection,
            values: Collection[Any],
            rows: int | None = None,
        ) -> Iterator[Any]:
            limit = "" if rows is None else f" LIMIT {rows:d}"
            for chunk in map(tuple, chunks(values)):
                cursor = connection.exec_driver_sql(text + limit, (chunk,))
                yield from cursor.all()

        return run

    def insertion(self, columns: Sequence[sa.Column[Any]]) -> str:
        return (
            f"INSERT INTO {columns[0].table} ({self.names(columns)}) "
            f"SELECT * FROM {self._rows(columns)}"
        )

    def _rows(self, columns: Sequence[sa.Column[Any]]) -> str:
        arrays = ", ".join(
            "%s::bigint[]" if _whole(c) else "%s::text[]" for c in columns
        )
        return f"unnest({arrays}) AS v({self.names(columns)})"

    def running(self, text: str) -> Statement:
        def run(connection: Connection, rows: Sequence[Row]) -> None:
            if rows:
                columns = map(list, zip(*rows, strict=True))
                connection.exec_driver_sql(text, tuple(columns))

        return run


def _whole(column: sa.Column[Any]) -> bool:
    kind = column.type
    if isinstance(kind, sa.types.TypeDecorator):
        kind = kind.impl_instance
    return isinstance(kind, sa.Integer)


class Mariadb(Bulk):
    """Takes rows as one list of literals."""

    def by_id(self, table: str, index: str) -> str:
        # A scan of a small table would lock all of it, in another order.
        return f"{table} FORCE INDEX ({index})"

    def insert(
        self,
        columns: Sequence[sa.Column[Any]],
        key: Sequence[str] = (),
        replacing: Sequence[str] = (),
    ) -> Statement:
        sets = ", ".join(f"{name}=VALUES({name})" for name in replacing)
        return _literally(
            self._insert(columns),
            f" ON DUPLICATE KEY UPDATE {sets}" if key else "",
        )

    def insert_missing(
        self, columns: Sequence[sa.Column[Any]], key: Sequence[str]
    ) -> Statement:
        # Not IGNORE: it hides other errors, and locks a row that is there
        # for reading only, over which two batches would deadlock.
        return _literally(
            self._insert(columns),
            f" ON DUPLICATE KEY UPDATE {key[0]}={key[0]}",
        )

    def delete(self, columns: Sequence[sa.Column[Any]]) -> Statement:
        first = self.name(columns[0])
        text = f"DELETE FROM {columns[0].table} WHERE {first} IN "
        names = self.names(columns)

        def run(connection: Connection, rows: Sequence[Row]) -> None:
            if not rows:
                return
            # The first condition is for the index, which row values miss.
            within = _tuple([row[0] for row in rows])
            keys = ", ".join(map(_tuple, rows))
            _execute(connection, f"{text}{within} AND ({names}) IN ({keys})")

        return run

    def take(self, name: str) -> Take:
        text = (
            "UPDATE counters SET value = LAST_INSERT_ID(value + %s) "
            f"WHERE name = '{name}'"
        )

        def run(connection: Connection, count: int) -> int:
            return int(connection.exec_driver_sql(text, (count,)).lastrowid)

        return run

    def select(
        self, columns: str, table: str, within: str, rest: str = ""
    ) -> Select:
        text = f"SELECT {columns} FROM {table} WHERE {within} IN "

        def run(
            connection: Connection,
            values: Collection[Any],
            rows: int | None = None,
        ) -> Iterator[Any]:
            limit = "" if rows is None else f" LIMIT {rows:d}"
            for chunk in map(_tuple, chunks(values)):
                query = f"{text}{chunk}{rest}{limit}"
                yield from _execute(connection, query).all()

        return run

    def _insert(self, columns: Sequence[sa.Column[Any]]) -> str:
        table = self._quote(columns[0].table.name)
        return f"INSERT INTO {table} ({self.names(columns)}) VALUES "


def literal(value: str | int | None) -> str:
    """Return a value as SQL of MariaDB.

    Only for connections as ``engine`` sets them up: in utf8mb4, where no
    character hides a quote, and without NO_BACKSLASH_ESCAPES.
    """
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _tuple(values: Iterable[str | int | None]) -> str:
    return f"({', '.join(map(literal, values))})"


def _execute(connection: Connection, text: str) -> Any:
    # Without parameters, a % in a literal is only a %.
    return connection.exec_driver_sql(
        text, execution_options={"no_parameters": True}
    )


def _literally(insert: str, rest: str) -> Statement:
    def run(connection: Connection, rows: Sequence[Row]) -> None:
        for values in _joined([_tuple(row) for row in rows]):
            _execute(connection, f"{insert}{values}{rest}")

    return run


def _joined(rows: Sequence[str]) -> Iterator[str]:
    """Yield the rows in as many pieces as they need."""
    if not rows:
        return
    if len(rows) == 1 or sum(map(len, rows)) <= _LENGTH:
        yield ", ".join(rows)
        return
    half = len(rows) // 2
    yield from _joined(rows[:half])
    yield from _joined(rows[half:])


_BY_DIALECT: dict[str, type[Bulk]] = {
    "sqlite": Sqlite,
    "postgresql": Postgresql,
    "mysql": Mariadb,
    "mariadb": Mariadb,
}


def bulk(dialect: Dialect) -> Bulk:
    """Return the statements of a database."""
    return _BY_DIALECT[dialect.name](dialect)
