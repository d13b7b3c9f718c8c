"""Invoices: what accounts owe for months."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from typing import Literal

from concertim_api.domain.billing.invoices import Invoice, MadeState
from concertim_api.services.billing.balances import Balances
from concertim_api.services.billing.ports import AccountReader, InvoiceStore
from concertim_api.services.common.listing import Listing, Page, Scope

Action = Literal["dispute", "resolve"]

_STATES: Mapping[Action, MadeState] = {
    "dispute": "disputed",
    "resolve": "closed",
}


@dc.dataclass(frozen=True, slots=True)
class Invoices:
    accounts: AccountReader
    invoices: InvoiceStore
    balances: Balances

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page of invoices without items, the newest first. 1
        statement."""
        return self.invoices.page(scope.listing(listing))

    def get(self, scope: Scope, invoice_id: str) -> Invoice:
        """Return an invoice with its items. 2 statements. Raises
        NotFound."""
        return self.invoices.get(invoice_id, scope.filters())

    def draft(self, scope: Scope, account_id: str) -> Invoice:
        """Return what the invoice of the open month would be now.

        1 statement, and those of ``Balances``. Raises NotFound, and Conflict
        if there is no tariff.
        """
        account = self.accounts.get(account_id, scope.filters())
        return self.balances.draft(account)

    def act(
        self,
        scope: Scope,
        author: str,
        invoice_id: str,
        action: Action,
        reason: str,
    ) -> Invoice:
        """Dispute an invoice, or resolve that; return it. Again: the last
        reason stays. 3 statements. Raises NotFound.

        It is owed all the same. While it is disputed, the usage of its month
        stays in the ledger.
        """
        filters, state = scope.filters(), _STATES[action]
        self.invoices.mark(invoice_id, filters, state, reason, author)
        return self.invoices.get(invoice_id, filters)
