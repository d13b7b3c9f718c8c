"""The routes of billing: credits, orders and invoices of accounts.

Requests have no log-in of the cloud: whoever has a token acts for every
account.
"""

from __future__ import annotations

import dataclasses as dc
import re
from decimal import Decimal

from concertim_api.api.dialects.concertim import invoice_documents
from concertim_api.api.dialects.concertim.documents import (
    Fields,
    InsufficientCredits,
    Request,
    success,
)
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.domain.errors import Conflict, Invalid
from concertim_api.services.billing.accounts import Accounts
from concertim_api.services.billing.credits import Credits
from concertim_api.services.billing.invoices import Invoices
from concertim_api.services.billing.orders import Orders
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Listing,
    equal,
)

#: Who grants credits, and why: requests say neither.
_AUTHOR, _REASON = "concertim", "Deposited in the front end"

#: Characters of the name or value of a tag.
_LONGEST_TAG = 255

#: Invoices of an account at most: one is made each month.
_MOST_INVOICES = 1000


@dc.dataclass(frozen=True, slots=True)
class Billing:
    """``threshold``: the credits that an account needs for an order."""

    accounts: Accounts
    orders: Orders
    credits: Credits
    invoices: Invoices
    region: str
    threshold: float

    def account_of(self, project_id: str, account_id: str | None) -> str:
        """Return the id of a project's account, which is made if there is
        none. What the front end takes for it does not count."""
        return self.accounts.open(project_id)

    @route("POST", "/get_draft_invoice", "invoice", "billing_acct_id")
    def draft_invoice(self, request: Request) -> Reply:
        """Show what the open month comes to up to now.

        204: nothing. The front end knows no null.
        """
        account_id = request.fields.text("billing_acct_id", "invoice")
        try:
            draft = self.invoices.draft(EVERY_PROJECT, account_id)
        except Conflict:  # without a tariff, nothing has a price
            return Reply(status=204)
        if not draft.items:
            return Reply(status=204)
        clusters = self.invoices.clusters(draft)
        document = invoice_documents.full(draft, clusters)
        return success({"draft_invoice": document})

    @route("POST", "/list_paginated_invoices", "invoices", "billing_acct_id")
    def list_invoices(self, request: Request) -> Reply:
        """List the invoices of an account without items, the newest first."""
        fields = request.fields
        account_id = fields.text("billing_acct_id", "invoices")
        first = _number(fields, "offset", 0)
        end = first + _number(fields, "limit", 100)
        listing = Listing(
            equal(account_id=account_id),
            sort=(("number", True),),
            limit=_MOST_INVOICES,
        )
        rows = self.invoices.list(EVERY_PROJECT, listing).rows
        return success(
            {
                "total_invoices": len(rows),
                "invoices": [
                    invoice_documents.summary(row) for row in rows[first:end]
                ],
            }
        )

    @route(
        "POST",
        "/get_account_invoice",
        "invoice",
        "billing_acct_id",
        "invoice_id",
    )
    def invoice(self, request: Request) -> Reply:
        """Show an invoice; that of another account does not exist."""
        invoice_id, account_id = (
            request.fields.text(name, "invoice")
            for name in ("invoice_id", "billing_acct_id")
        )
        invoice = self.invoices.get(EVERY_PROJECT, invoice_id, account_id)
        clusters = self.invoices.clusters(invoice)
        return success({"invoice": invoice_documents.full(invoice, clusters)})

    @route("POST", "/credits", "credits", "billing_acct_id", "amount")
    def add_credits(self, request: Request) -> Reply:
        """Grant an amount. The front end sends it once, without a key."""
        account_id = request.fields.text("billing_acct_id", "credits")
        amount = _amount(request.fields.value("amount", "credits"))
        credit = self.credits.grant(
            EVERY_PROJECT, _AUTHOR, account_id, amount, _REASON
        )
        return success({"credits": float(credit.amount)})

    @route("POST", "/get_credits", "credits", "billing_account_id")
    def get_credits(self, request: Request) -> Reply:
        """Show what an account has left."""
        account_id = request.fields.text("billing_account_id", "credits")
        balance = self.accounts.balance(EVERY_PROJECT, account_id)
        return success({"credits": float(balance.amount)})

    @route("POST", "/create_order", "order", "billing_account_id")
    def create_order(self, request: Request) -> Reply:
        """Order, with enough credits. The cluster builder has no key: an
        order whose answer was lost is closed after a day."""
        account_id = request.fields.text("billing_account_id", "order")
        balance = self.accounts.balance(EVERY_PROJECT, account_id)
        if balance.amount < Decimal(str(self.threshold)):
            raise InsufficientCredits(
                f"An order needs {self.threshold:g} credits; the account "
                f"has {balance.amount}."
            )
        order = self.orders.create(EVERY_PROJECT, account_id)
        return success({"order": order.id})

    @route("POST", "/delete_order", "order", "order_id")
    def delete_order(self, request: Request) -> Reply:
        """Close an order; one that is closed stays so."""
        order_id = request.fields.text("order_id", "order")
        self.orders.delete(EVERY_PROJECT, order_id)
        return success({"order": order_id})

    @route(
        "POST", "/add_order_tag", "tag", "order_id", "tag_name", "tag_value"
    )
    def tag_order(self, request: Request) -> Reply:
        """Tag an order; openstack_stack_id binds it to its stack. The name
        of a tag is its id."""
        order_id, name, value = (
            request.fields.text(field, "tag")
            for field in ("order_id", "tag_name", "tag_value")
        )
        for field, text in (("tag_name", name), ("tag_value", value)):
            if len(text) > _LONGEST_TAG:
                raise Invalid(field, f"longer than {_LONGEST_TAG}")
        self.orders.tag(EVERY_PROJECT, order_id, name, value, self.region)
        return success({"tag": name})


def _number(fields: Fields, name: str, default: int) -> int:
    """Return a number of 0 or more, in JSON or as text. Raises Invalid."""
    text = fields.optional(name, "invoices")
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Invalid(name, "not a number of 0 or more")
    return int(text)


def _amount(value: object) -> Decimal:
    """Return an amount, of a number in JSON or a text. Raises Invalid."""
    text = "" if isinstance(value, bool) else str(value)
    if not re.fullmatch(r"\d{1,15}(\.\d{1,12})?", text, re.ASCII):
        raise Invalid("amount", "not an amount above 0, such as 12.50")
    return Decimal(text)
