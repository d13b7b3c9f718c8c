"""What each database must be able to do with many rows."""

from __future__ import annotations

import abc
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sequence,
)
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

Row = tuple[Any, ...]
Statement = Callable[[Connection, Sequence[Row]], None]
Select = Callable[[Connection, Collection[Any]], Iterator[Any]]
Take = Callable[[Connection, int], int]

#: Of keys in one IN: MariaDB turns longer lists into a subquery.
KEYS = 1000


def columns_of(table: sa.Table, names: Iterable[str]) -> list[sa.Column[Any]]:
    return [table.c[name] for name in names]


class Bulk(abc.ABC):
    """Makes statements that take rows as tuples of the given columns."""

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
    """Those that speak of conflicts as PostgreSQL does."""

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

    @abc.abstractmethod
    def insertion(self, columns: Sequence[sa.Column[Any]]) -> str:
        """Return the statement that inserts rows, without conflicts."""

    @abc.abstractmethod
    def running(self, text: str) -> Statement:
        """Return what runs a statement with rows."""


def returning(text: str) -> Take:
    """Run a statement that returns one number."""

    def run(connection: Connection, count: int) -> int:
        return int(connection.exec_driver_sql(text, (count,)).scalar_one())

    return run
