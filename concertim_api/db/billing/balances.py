"""What accounts were granted and billed.

Amounts are added up here, not in SQL: no database is exact in the same way.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from concertim_api.db.billing.tables import credits, invoices
from concertim_api.db.transactions import Adapter


class SqlBalances(Adapter):
    """``services.billing.ports.BalanceReader`` of a database."""

    def granted(self, account_id: str) -> Decimal:
        query = sa.select(credits.c.amount).where(
            credits.c.account_id == account_id
        )
        return sum((row.amount for row in self._rows(query)), Decimal())

    def billed(self, account_id: str, before: date) -> Decimal:
        query = sa.select(invoices.c.total).where(
            invoices.c.account_id == account_id, invoices.c.month < before
        )
        return sum((row.total for row in self._rows(query)), Decimal())
