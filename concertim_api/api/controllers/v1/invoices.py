"""/v1/invoices"""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain.billing import invoices as domain
from concertim_api.domain.billing.tariff import UNITS
from concertim_api.policies import invoices as policies
from concertim_api.services.billing.invoices import Action, Invoices
from concertim_api.services.billing.month_close import (
    MONTH_STATES,
    MonthClose,
    MonthReport,
)
from concertim_api.services.common.listing import Listing, Page


class InvoiceItem(types.Representation):
    """What an order is charged for the usage of a month, of a unit."""

    order_id = types.text
    month = types.day
    unit = types.Choice(*UNITS)
    amount = types.money


class Owed(types.Representation):
    """What an account owes for a month. month is its first day."""

    account_id = types.text
    project_id = types.text
    month = types.day
    state = types.Choice(*domain.STATES)
    currency = types.text
    subtotal = types.money
    tax_name = types.text
    tax = types.money
    total = types.money
    distance = types.money


class InvoiceDraft(Owed):
    """What the invoice of the open month would be now."""

    items = [InvoiceItem]


class InvoiceSummary(types.Item, Owed):
    """An invoice without its items."""

    id = types.text
    number = types.identifier
    issued_at = types.time
    posted_at = types.time
    refusal = types.text
    reason = types.reason
    author = types.text


class Invoice(InvoiceSummary):
    """An invoice with its items."""

    items = [InvoiceItem]


class InvoiceList(types.List):
    invoices = [InvoiceSummary]


class InvoiceAction(types.Representation):
    action = types.required(types.Choice(*get_args(Action)))
    reason = types.required(types.reason)


class ClosingMonth(types.Representation):
    """A month of an account: closed, ready, or open and why."""

    account_id = types.text
    project_id = types.text
    month = types.day
    state = types.Choice(*MONTH_STATES)
    hindrance = types.reason


class MonthClosing(types.Representation):
    """The months that are not closed yet, or were closed just now."""

    months = [ClosingMonth]


class CloseMonths(types.Representation):
    month = types.month
    dry_run = types.flag


class DraftController(Controller):
    def __init__(self, invoices: Invoices) -> None:
        self._invoices = invoices

    @expose(
        InvoiceDraft,
        policy=policies.LIST,
        since="1.4",
        query=types.texts("account_id"),
    )
    def get_all(
        self, context: Context, account_id: str | None = None
    ) -> domain.Invoice:
        """Show what the invoice of the open month of an account would be.

        account_id is mandatory. Usage is charged up to now. 409: there is no
        tariff.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._invoices.draft(scope, account_id)


class CloseController(Controller):
    def __init__(self, months: MonthClose) -> None:
        self._months = months

    @expose(MonthClosing, policy=policies.CLOSE, since="1.4", body=CloseMonths)
    def post(self, context: Context, body: dict[str, Any]) -> MonthReport:
        """Close the months that are ready, up to one.

        Without month: up to the last one that is over. With dry_run, nothing
        changes. The agent does the same by itself.
        """
        month: date | None = body.get("month")
        return self._months.report(month, dry_run=body.get("dry_run", False))


class InvoicesController(Controller):
    def __init__(self, invoices: Invoices, months: MonthClose) -> None:
        self._invoices = invoices
        self.children = {
            "draft": DraftController(invoices),
            "close": CloseController(months),
        }

    @expose(
        InvoiceList,
        policy=policies.LIST,
        since="1.4",
        filters={
            "month": types.month,
            "state": types.Choice(*domain.MADE_STATES),
            **types.texts("account_id", "project_id"),
        },
        sort=("-number",),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List invoices, the newest first."""
        return self._invoices.list(context.scope(policies.LIST_ALL), listing)

    @expose(Invoice, policy=policies.LIST, since="1.4")
    def get_one(self, context: Context, invoice_id: str) -> domain.Invoice:
        """Show an invoice with its items."""
        scope = context.scope(policies.LIST_ALL)
        return self._invoices.get(scope, invoice_id)

    @expose(types.HTML, policy=policies.LIST, since="1.4")
    def get_as_html(self, context: Context, invoice_id: str) -> str:
        """Show an invoice as a page, to be read and printed."""
        scope = context.scope(policies.LIST_ALL)
        return self._invoices.page(scope, invoice_id)

    @expose(Invoice, policy=policies.DISPUTE, since="1.4", body=InvoiceAction)
    def post_action(
        self, context: Context, invoice_id: str, body: dict[str, Any]
    ) -> domain.Invoice:
        """Dispute an invoice, or resolve that.

        It is owed all the same. While it is disputed, the usage of its month
        is not archived.
        """
        scope = context.scope(policies.DISPUTE_ALL)
        return self._invoices.act(scope, context.author, invoice_id, **body)
