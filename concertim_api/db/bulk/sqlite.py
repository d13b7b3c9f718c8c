# ruff: noqa: S608 (text of our own; values are bound, or go by ``literal``)
"""SQLite: rows bound one after the other, in C."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk.base import (
    Bulk,
    Row,
    Select,
    Statement,
    Take,
    returning,
)


class Sqlite(Bulk):
    lock = ""  # the transaction has the whole database

    def insert(
        self,
        columns: Sequence[sa.Column[Any]],
        key: Sequence[str] = (),
        replacing: Sequence[str] = (),
    ) -> Statement:
        text = self._insert(columns)
        if key:
            text += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET "
            text += ", ".join(f"{name}=excluded.{name}" for name in replacing)
        return _each(text)

    def insert_missing(
        self, columns: Sequence[sa.Column[Any]], key: Sequence[str]
    ) -> Statement:
        return _each(
            f"{self._insert(columns)} "
            f"ON CONFLICT ({', '.join(key)}) DO NOTHING"
        )

    def delete(self, columns: Sequence[sa.Column[Any]]) -> Statement:
        found = " AND ".join(f"{self.name(c)}=?" for c in columns)
        return _each(f"DELETE FROM {columns[0].table} WHERE {found}")

    def take(self, name: str) -> Take:
        return returning(
            "UPDATE counters SET value = value + ? WHERE name = "
            f"'{name}' RETURNING value"
        )

    def select(
        self, columns: str, table: str, within: str, rest: str = ""
    ) -> Select:
        text = (
            f"SELECT {columns} FROM {table} WHERE {within} IN "
            f"(SELECT value FROM json_each(?)){rest}"
        )

        def run(
            connection: Connection, values: Collection[Any]
        ) -> Iterator[Any]:
            wanted = orjson.dumps(list(values)).decode()
            yield from connection.exec_driver_sql(text, (wanted,))

        return run

    def _insert(self, columns: Sequence[sa.Column[Any]]) -> str:
        marks = ", ".join("?" * len(columns))
        return (
            f"INSERT INTO {columns[0].table} ({self.names(columns)}) "
            f"VALUES ({marks})"
        )


def _each(text: str) -> Statement:
    def run(connection: Connection, rows: Sequence[Row]) -> None:
        connection.exec_driver_sql(text, list(rows))

    return run
