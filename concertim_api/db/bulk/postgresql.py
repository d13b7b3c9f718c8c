# ruff: noqa: S608 (text of our own; values are bound, or go by ``literal``)
"""PostgreSQL: one array for each column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk.base import (
    KEYS,
    OnConflict,
    Row,
    Select,
    Statement,
    Take,
    returning,
)


class Postgresql(OnConflict):
    def delete(self, columns: Sequence[sa.Column[Any]]) -> Statement:
        condition = " AND ".join(
            f"t.{self.name(c)}=v.{self.name(c)}" for c in columns
        )
        return self.running(
            f"DELETE FROM {columns[0].table} AS t "
            f"USING {self._rows(columns)} WHERE {condition}"
        )

    def take(self, name: str) -> Take:
        return returning(
            "UPDATE counters SET value = value + %s WHERE name = "
            f"'{name}' RETURNING value"
        )

    def select(
        self, columns: str, table: str, within: str, rest: str = ""
    ) -> Select:
        text = f"SELECT {columns} FROM {table} WHERE {within} IN %s{rest}"

        def run(
            connection: Connection, values: Collection[Any]
        ) -> Iterator[Any]:
            ordered = sorted(values)
            for first in range(0, len(ordered), KEYS):
                chunk = tuple(ordered[first : first + KEYS])
                yield from connection.exec_driver_sql(text, (chunk,)).all()

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
            columns = map(list, zip(*rows, strict=True))
            connection.exec_driver_sql(text, tuple(columns))

        return run


def _whole(column: sa.Column[Any]) -> bool:
    kind = column.type
    if isinstance(kind, sa.types.TypeDecorator):
        kind = kind.impl_instance
    return isinstance(kind, sa.Integer)
