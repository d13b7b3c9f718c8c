"""The routes of billing, while nobody owes anything."""

from __future__ import annotations

import dataclasses as dc
import uuid

from concertim_api.api.dialects.concertim.documents import (
    BillingNotConfigured,
    Request,
    success,
)
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.domain.errors import NotFound

#: The namespace of the ids of accounts.
_ACCOUNTS = uuid.UUID("4be1d5d4-0cf7-5c6e-9d2f-0f2f4a1f6f3b")


@dc.dataclass(frozen=True, slots=True)
class Unbilled:
    """Billing without a billing system: there are no invoices.

    ``credits``: what every team has. Orders are accepted, and have no effect.
    None: requests for orders and credits are refused.
    """

    credits: float | None

    def account_of(self, project_id: str, account_id: str | None) -> str:
        """Return the account that the front end sent, or else an id that is
        made of the project's."""
        return account_id or str(uuid.uuid5(_ACCOUNTS, project_id))

    @route("POST", "/get_draft_invoice", "invoice", "billing_acct_id")
    def draft_invoice(self, request: Request) -> Reply:
        """Answer 204: the front end reads it as nothing to bill."""
        request.fields.text("billing_acct_id", "invoice")
        return Reply(status=204)

    @route("POST", "/list_paginated_invoices", "invoices", "billing_acct_id")
    def list_invoices(self, request: Request) -> Reply:
        request.fields.text("billing_acct_id", "invoices")
        return success({"total_invoices": 0, "invoices": []})

    @route(
        "POST",
        "/get_account_invoice",
        "invoice",
        "billing_acct_id",
        "invoice_id",
    )
    def invoice(self, request: Request) -> Reply:
        invoice_id = request.fields.text("invoice_id", "invoice")
        raise NotFound(f"Invoice {invoice_id} not found: nothing is billed.")

    @route("POST", "/credits", "credits", "billing_acct_id", "amount")
    def add_credits(self, request: Request) -> Reply:
        raise _not_configured("Credits can't be added")

    @route("POST", "/get_credits", "credits", "billing_account_id")
    def get_credits(self, request: Request) -> Reply:
        return success(
            {"credits": self._need_credits("Credits are not known")}
        )

    @route("POST", "/create_order", "order", "billing_account_id")
    def create_order(self, request: Request) -> Reply:
        self._need_credits("Orders can't be taken")
        return success({"order": str(uuid.uuid4())})

    @route("POST", "/delete_order", "order", "order_id")
    def delete_order(self, request: Request) -> Reply:
        self._need_credits("Orders can't be taken")
        return success({"order": request.fields.text("order_id", "order")})

    @route(
        "POST", "/add_order_tag", "tag", "order_id", "tag_name", "tag_value"
    )
    def tag_order(self, request: Request) -> Reply:
        self._need_credits("Orders can't be taken")
        return success({"tag": str(uuid.uuid4())})

    def _need_credits(self, problem: str) -> float:
        if self.credits is None:
            raise _not_configured(problem)
        return self.credits


def _not_configured(problem: str) -> BillingNotConfigured:
    return BillingNotConfigured(
        f"{problem}: no billing is configured here. See [concertim_dialect] "
        "unbilled_credits."
    )
