"""The accounts of teams."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.billing.tables import accounts as table
from concertim_api.db.transactions import Adapter
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.errors import NotFound
from concertim_api.services.common.listing import Filter, Listing, Page

_c = table.c

_FIELDS = lists.fields(_c)


class SqlAccounts(Adapter):
    """``AccountReader``, ``AccountWriter`` of ``services.billing.ports``."""

    def page(self, listing: Listing) -> Page:
        query = sa.select(table).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        order = lists.order(
            listing.sort,
            {"created_at": _c.created_at},
            ("created_at", True),
            _c.id,
        )
        return self._read(lambda c: lists.page(c, query, listing, order))

    def get(
        self, account_id: str, filters: Collection[Filter] = ()
    ) -> Account:
        query = sa.select(table).where(
            _c.id == account_id, *lists.conditions(filters, _FIELDS)
        )
        row = self._row(query)
        if row is None:
            raise NotFound(f"Account {account_id} not found.")
        return _account(row)

    def all(self) -> list[Account]:
        return [
            _account(row)
            for row in self._rows(sa.select(table).order_by(_c.id))
        ]

    def add(self, accounts: Iterable[Account]) -> None:
        rows = [dc.asdict(account) for account in accounts]
        self._change(lambda c: _add(c, rows))


def _account(row: Any) -> Account:
    return Account(**row._mapping)


def _add(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Add accounts. Another writer who is faster makes it be done again."""
    projects = set(connection.execute(sa.select(_c.project_id)).scalars())
    rows = [row for row in rows if row["project_id"] not in projects]
    if rows:
        connection.execute(sa.insert(table), rows)
