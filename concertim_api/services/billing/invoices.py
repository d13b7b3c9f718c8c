"""Invoices: what accounts owe for months."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from typing import Literal, NamedTuple

from concertim_api.domain.billing.invoice_page import invoice_page
from concertim_api.domain.billing.invoices import Invoice, MadeState
from concertim_api.domain.errors import Invalid
from concertim_api.services.billing.balances import Balances
from concertim_api.services.billing.ports import (
    AccountReader,
    InvoiceStore,
    SettlementReader,
)
from concertim_api.services.common.listing import (
    Listing,
    Page,
    Scope,
    equal,
)
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.view.lists import team_names

Action = Literal["dispute", "resolve", "accept"]

_STATES: Mapping[str, MadeState] = {
    "dispute": "disputed",
    "resolve": "closed",
}


class InvoicedCluster(NamedTuple):
    """What an order of an invoice is called: by its stack, or by itself."""

    stack_id: str
    name: str


@dc.dataclass(frozen=True, slots=True)
class Invoices:
    accounts: AccountReader
    invoices: InvoiceStore
    balances: Balances
    settlements: SettlementReader
    names: NameReader
    clock: Clock

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page of invoices without items, the newest first. 1
        statement."""
        return self.invoices.page(scope.listing(listing))

    def get(
        self, scope: Scope, invoice_id: str, account_id: str | None = None
    ) -> Invoice:
        """Return an invoice with its items; only one of ``account_id``, if
        that is there. 2 statements. Raises NotFound."""
        account = equal(account_id=account_id) if account_id else ()
        return self.invoices.get(invoice_id, scope.filters(account))

    def page(self, scope: Scope, invoice_id: str) -> str:
        """Return an invoice as an HTML page. 5 statements. Raises
        NotFound."""
        invoice = self.get(scope, invoice_id)
        team = team_names(self.names, [invoice]).get(invoice.project_id)
        clusters = {
            order_id: cluster.name
            for order_id, cluster in self.clusters(invoice).items()
        }
        return invoice_page(invoice, team or invoice.project_id, clusters)

    def clusters(self, invoice: Invoice) -> Mapping[str, InvoicedCluster]:
        """Return the clusters of an invoice's account, by the ids of their
        orders. 2 statements."""
        orders = self.settlements.orders(invoice.account_id)
        stacks = {order.stack_id for order in orders if order.stack_id}
        names = self.names.names("stack", stacks)
        return {
            order.id: InvoicedCluster(
                order.stack_id or order.id,
                names.get(order.stack_id or "") or order.id,
            )
            for order in orders
        }

    def draft(self, scope: Scope, account_id: str | None) -> Invoice:
        """Return what the invoice of the open month would be now.

        1 statement, and those of ``Balances``. Raises Invalid without an
        account, NotFound, and Conflict if there is no tariff.
        """
        if account_id is None:
            raise Invalid("account_id", "missing")
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
        """Dispute an invoice, or resolve that; or accept what the billing
        system made of it; return it. Again: the last reason stays. 3
        statements. Raises NotFound; Conflict if it did not refuse it.

        It is owed all the same. While it is disputed, the usage of its month
        stays in the ledger. What is accepted is not posted any more: somebody
        put it right by hand.
        """
        filters = scope.filters()
        if action == "accept":
            now = self.clock.now()
            self.invoices.accept(invoice_id, filters, reason, author, now)
        else:
            state = _STATES[action]
            self.invoices.mark(invoice_id, filters, state, reason, author)
        return self.invoices.get(invoice_id, filters)
