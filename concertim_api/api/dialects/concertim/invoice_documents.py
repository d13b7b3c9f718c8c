"""Invoices as the front end reads them.

It reads snake_case and camelCase; one is enough. Amounts are numbers. The
items are an object by their ids: the front end shows one for each cluster.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from concertim_api.domain.billing.invoices import Invoice, next_month
from concertim_api.services.billing.invoices import InvoicedCluster

Document = dict[str, Any]

#: What the usage of no cluster is called.
_NO_CLUSTER = "outside of clusters"

#: The id of the item that is the tax.
_TAX = "tax"


def summary(invoice: Invoice) -> Document:
    """Return an invoice without items. A draft has no number.

    We do not say which credit paid for what: the balance is the whole total.
    """
    total = float(invoice.total)
    issued = invoice.issued_at.date() if invoice.issued_at else invoice.month
    return {
        "account_id": invoice.account_id,
        "amount": total,
        "balance": total,
        "credit_adj": 0,
        "refund_adj": 0,
        "currency": invoice.currency,
        "invoice_date": issued.isoformat(),
        "invoice_id": invoice.id,
        "invoice_number": invoice.number,
        "status": "DRAFT" if invoice.id is None else "COMMITTED",
        "items": {},
    }


def full(
    invoice: Invoice, clusters: Mapping[str, InvoicedCluster]
) -> Document:
    """Return an invoice with its items, which add up to its amount.

    ``clusters``: by the ids of their orders.
    """
    items = dict(_items(invoice, clusters))
    if invoice.tax:
        tax = InvoicedCluster(_TAX, invoice.tax_name or _TAX)
        items[_TAX] = _item(invoice, invoice.month, invoice.tax, tax)
    return {**summary(invoice), "items": items}


def _items(
    invoice: Invoice, clusters: Mapping[str, InvoicedCluster]
) -> Iterator[tuple[str, Document]]:
    """Yield what each order costs for a month of usage, all units."""
    sums = collections.defaultdict[tuple[str, date], Decimal](Decimal)
    for item in invoice.items:
        sums[item.order_id, item.month] += item.amount
    for (order_id, month), amount in sums.items():
        cluster = clusters.get(order_id)
        cluster = cluster or InvoicedCluster(order_id, _NO_CLUSTER)
        key = f"{order_id}:{month:%Y-%m}"
        yield key, _item(invoice, month, amount, cluster)


def _item(
    invoice: Invoice, month: date, amount: Decimal, cluster: InvoicedCluster
) -> Document:
    return {
        "type": "cost",
        "amount": float(amount),
        "currency": invoice.currency,
        "start_date": month.isoformat(),
        "end_date": (next_month(month) - timedelta(days=1)).isoformat(),
        "openstack_stack_id": cluster.stack_id,
        "openstack_stack_name": cluster.name,
    }
