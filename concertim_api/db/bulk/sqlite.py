# ruff: noqa: S608 (text of our own; values are bound, or go by ``literal``)
"""SQLite: rows bound one after the other, in C."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk.base import (
    OnConflict,
    Row,
    Select,
    Statement,
    Take,
    returning,
)


class Sqlite(OnConflict):
    lock = ""  # the transaction has the whole database

    def delete(self, columns: Sequence[sa.Column[Any]]) -> Statement:
        condition = " AND ".join(f"{self.name(c)}=?" for c in columns)
        return self.running(
            f"DELETE FROM {columns[0].table} WHERE {condition}"
        )

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
            if values:
                array = orjson.dumps(list(values)).decode()
                yield from connection.exec_driver_sql(text, (array,)).all()

        return run

    def insertion(self, columns: Sequence[sa.Column[Any]]) -> str:
        marks = ", ".join("?" * len(columns))
        return (
            f"INSERT INTO {columns[0].table} ({self.names(columns)}) "
            f"VALUES ({marks})"
        )

    def running(self, text: str) -> Statement:
        def run(connection: Connection, rows: Sequence[Row]) -> None:
            connection.exec_driver_sql(text, list(rows))

        return run
