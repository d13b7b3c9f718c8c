"""What is asked of billing, as long as nothing is billed."""

from __future__ import annotations

import uuid

from concertim_api.api.dialects.concertim.documents import (
    BillingNotConfigured,
    success,
)
from concertim_api.api.dialects.concertim.fields import Request, Route
from concertim_api.api.dialects.replies import Reply
from concertim_api.domain.errors import NotFound


class Billing:
    """The billing of a cloud that bills nothing: there are no invoices.

    ``credits`` None: what takes an order or credits is refused, and says so.
    Else each team has so many, and orders are taken and mean nothing.
    """

    def __init__(self, credits: float | None) -> None:
        self._credits = credits

    def draft_invoice(self, request: Request) -> Reply:
        """204 is how the front end reads that there is nothing to bill."""
        request.fields.text("billing_acct_id", "invoice")
        return Reply(status=204)

    def list_invoices(self, request: Request) -> Reply:
        request.fields.text("billing_acct_id", "invoices")
        return success({"total_invoices": 0, "invoices": []})

    def invoice(self, request: Request) -> Reply:
        invoice_id = request.fields.text("invoice_id", "invoice")
        raise NotFound(f"Invoice {invoice_id} not found: nothing is billed.")

    def add_credits(self, request: Request) -> Reply:
        raise _not_configured("Credits can't be added")

    def get_credits(self, request: Request) -> Reply:
        return success({"credits": self._some("Credits are not known")})

    def create_order(self, request: Request) -> Reply:
        self._some("Orders can't be taken")
        return success({"order": str(uuid.uuid4())})

    def delete_order(self, request: Request) -> Reply:
        self._some("Orders can't be taken")
        return success({"order": request.fields.text("order_id", "order")})

    def tag_order(self, request: Request) -> Reply:
        self._some("Orders can't be taken")
        return success({"tag": str(uuid.uuid4())})

    def _some(self, problem: str) -> float:
        if self._credits is None:
            raise _not_configured(problem)
        return self._credits

    def routes(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/get_draft_invoice",
                self.draft_invoice,
                ("invoice", "billing_acct_id"),
            ),
            Route(
                "POST",
                "/list_paginated_invoices",
                self.list_invoices,
                ("invoices", "billing_acct_id"),
            ),
            Route(
                "POST",
                "/get_account_invoice",
                self.invoice,
                ("invoice", "billing_acct_id", "invoice_id"),
            ),
            Route(
                "POST",
                "/credits",
                self.add_credits,
                ("credits", "billing_acct_id", "amount"),
            ),
            Route(
                "POST",
                "/get_credits",
                self.get_credits,
                ("credits", "billing_account_id"),
            ),
            Route(
                "POST",
                "/create_order",
                self.create_order,
                ("order", "billing_account_id"),
            ),
            Route(
                "POST",
                "/delete_order",
                self.delete_order,
                ("order", "order_id"),
            ),
            Route(
                "POST",
                "/add_order_tag",
                self.tag_order,
                ("tag", "order_id", "tag_name", "tag_value"),
            ),
        ]


def _not_configured(problem: str) -> BillingNotConfigured:
    return BillingNotConfigured(
        f"{problem}: no billing is configured here. See [concertim_dialect] "
        "unbilled_credits."
    )
