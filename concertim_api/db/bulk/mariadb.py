# ruff: noqa: S608 (text of our own; values are bound, or go by ``literal``)
"""MariaDB: rows as one list of literals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk.base import (
    KEYS,
    Bulk,
    Row,
    Select,
    Statement,
    Take,
)

#: Of characters in one statement, below any usual ``max_allowed_packet``.
_LENGTH = 4 * 1024 * 1024


class Mariadb(Bulk):
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
            connection: Connection, values: Collection[Any]
        ) -> Iterator[Any]:
            ordered = sorted(values)
            for first in range(0, len(ordered), KEYS):
                chunk = _tuple(ordered[first : first + KEYS])
                yield from _execute(connection, f"{text}{chunk}{rest}").all()

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
    if len(rows) == 1 or sum(map(len, rows)) <= _LENGTH:
        yield ", ".join(rows)
        return
    half = len(rows) // 2
    yield from _joined(rows[:half])
    yield from _joined(rows[half:])
