"""openstack concertim invoice ..."""

from __future__ import annotations

import argparse
import re
from typing import Any

from concertim_api.client.invoices import Invoice, InvoiceDraft
from concertim_api.osc import options
from concertim_api.osc.account import AccountOf
from concertim_api.osc.cells import Text, escape, every, named
from concertim_api.osc.commands import (
    ListCommand,
    PagedListCommand,
    ShowCommand,
)
from concertim_api.osc.options import Parameter


def month(text: str) -> str:
    """Return a month such as 2026-11."""
    if not re.fullmatch(r"\d{4}-\d\d", text, re.ASCII):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a month; write 2026-11"
        )
    return text


class Items(Text):
    """The items of an invoice: a line each."""

    def human_readable(self) -> str:
        return "\n".join(
            escape(
                f"{item['month'][:7]} {item['unit']} of {item['order_id']}: "
                f"{item['amount']}"
            )
            for item in self._value or ()
        )


COLUMNS = every(Invoice, items=Items)

REASON = Parameter(
    "--reason",
    required=True,
    metavar="<text>",
    help="The reason; auditors will read it.",
)


class ListInvoice(PagedListCommand):
    """List invoices, the newest first."""

    columns = named(
        "number id project month state total currency issued_at",
        long="account_id project_id subtotal tax_name tax distance reason "
        "author posted_at refusal",
    )
    minor = "issued_at currency"
    request = "invoices.list"
    arguments = (
        options.Scope(),
        *options.conditions("state"),
        Parameter("--month", type=month, help="Only this month: 2026-11."),
        *options.page(),
    )


class ShowInvoice(ShowCommand):
    """Show an invoice with its items."""

    columns = COLUMNS
    request = "invoices.find"
    arguments = options.beginning("an invoice")


class DraftInvoice(ShowCommand):
    """Show what the invoice of the open month would be now."""

    columns = every(InvoiceDraft, items=Items)
    request = "invoices.draft"
    arguments = (AccountOf(),)


class CloseInvoice(ListCommand):
    """Close the months that are ready: make their invoices.

    The agent does so by itself. The list has each month that was open, and
    why it still is.
    """

    columns = named(
        "month project state hindrance", long="account_id project_id"
    )
    nouns = "months that are over and open"
    request = "invoices.close"
    arguments = (
        Parameter(
            "--month",
            type=month,
            help="Up to this month: 2026-11; without --month, up to the last "
            "one that is over.",
        ),
        Parameter.flag("--dry-run", "Only say what would be closed."),
    )


class _MarkInvoice(ShowCommand):
    """Base of the commands that change the state of an invoice."""

    columns = COLUMNS
    request = "invoices.act"
    action: str
    arguments = (
        Parameter("id", field="invoice_id", help="Id of an invoice."),
        REASON,
    )

    def send(self, args: argparse.Namespace, **values: Any) -> Any:
        return super().send(args, action=self.action, **values)


class DisputeInvoice(_MarkInvoice):
    """Dispute an invoice: the usage of its month stays in the ledger."""

    action = "dispute"


class ResolveInvoice(_MarkInvoice):
    """Resolve the dispute of an invoice."""

    action = "resolve"


class AcceptInvoice(_MarkInvoice):
    """Accept what the billing system made of an invoice that it refused.

    You have put it right there by hand: it is not posted again, and the next
    month is no longer held up.
    """

    action = "accept"
