"""Invoices: what accounts owe for months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from concertim_api.client.collection import ByBeginning


class Owed(TypedDict):
    """What an account owes for a month; ``month`` is its first day.

    ``state``: open or settling, of a draft; closed or disputed. Amounts are
    exact, in texts.
    """

    account_id: str
    project_id: str
    month: str
    state: str
    currency: str
    subtotal: str
    tax_name: str | None
    tax: str
    total: str
    distance: str


class InvoiceDraft(Owed):
    """What the invoice of the open month would be now.

    ``items``: each has order_id, month, unit and amount.
    """

    items: list[dict[str, str]]


class InvoiceSummary(Owed):
    """An invoice without its items.

    ``posted_at``: when the billing system made the same; ``refusal``: why it
    does not.
    """

    id: str
    number: int
    issued_at: str
    reason: str | None
    author: str | None
    posted_at: str | None
    refusal: str | None


class Invoice(InvoiceSummary):
    """An invoice with its items."""

    items: list[dict[str, str]]


class ClosingMonth(TypedDict):
    """A month of an account: closed, ready to be, or open; ``hindrance``
    says why."""

    account_id: str
    project_id: str
    month: str
    state: str
    hindrance: str | None


class Invoices(ByBeginning[Invoice]):
    """Invoices, the newest first; in a list without items.

    Filters: account_id, project_id, month (such as 2026-11), state.
    """

    nouns = "invoices"
    since = "1.4"

    def html(self, invoice_id: str) -> str:
        """Return an invoice as an HTML page."""
        path = self._path(f"{invoice_id}.html")
        page: str = self._http.request(
            "GET", path, accept="text/html", microversion=self.since
        )
        return page

    def draft(self, account_id: str) -> InvoiceDraft:
        """Return what the invoice of the open month would be now."""
        draft: InvoiceDraft = self._get("draft", account_id=account_id)
        return draft

    def close(
        self, *, month: str | None = None, dry_run: bool | None = None
    ) -> Sequence[ClosingMonth]:
        """Close the months that are ready; return those that were open.

        Up to ``month``; without it, up to the last one that is over.
        """
        fields = {"month": month, "dry_run": dry_run}
        answer: dict[str, Any] = self._send("POST", "close", fields=fields)
        months: Sequence[ClosingMonth] = answer["months"]
        return months

    def act(self, invoice_id: str, *, action: str, reason: str) -> Invoice:
        """Dispute an invoice, resolve that, or accept what the billing system
        made of it; return it."""
        fields = {"action": action, "reason": reason}
        invoice: Invoice = self._send(
            "POST", invoice_id, "action", fields=fields
        )
        return invoice
