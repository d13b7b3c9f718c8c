"""What accounts are granted."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.billing.tables import credits as table
from concertim_api.db.transactions import Adapter
from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.errors import NotFound
from concertim_api.services.billing.ports import CreditStore
from concertim_api.services.common.listing import Filter, Listing, Page

_c = table.c

_FIELDS = lists.fields(_c, but=("amount", "reason", "key"))


class SqlCredits(Adapter, CreditStore):
    """``services.billing.ports.CreditStore`` of a database."""

    def page(self, listing: Listing) -> Page:
        query = sa.select(table).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        by = lists.order(
            listing.sort,
            {"created_at": _c.created_at},
            ("created_at", True),
            _c.id,
        )
        return self._read(lambda c: lists.page(c, query, listing, by))

    def get(self, credit_id: str, filters: Collection[Filter] = ()) -> Credit:
        query = sa.select(table).where(
            _c.id == credit_id, *lists.conditions(filters, _FIELDS)
        )
        row = self._row(query)
        if row is None:
            raise NotFound(f"Credit {credit_id} not found.")
        return credit(row)

    def add(self, credit: Credit) -> Credit:
        return self._change(lambda c: _add(c, credit))


def credit(row: Any) -> Credit:
    """Return the credit of a row."""
    return Credit(**row._mapping)


def _add(connection: Connection, new: Credit) -> Credit:
    """Add a credit. Another writer of its key who is faster makes it be done
    again."""
    if new.key is not None:
        query = sa.select(table).where(
            _c.account_id == new.account_id, _c.key == new.key
        )
        if row := connection.execute(query).first():
            return credit(row)
    connection.execute(sa.insert(table), dc.asdict(new))
    return new
