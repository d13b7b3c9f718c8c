"""The page of an invoice, to be read and printed.

It has no script, loads nothing, and is read aloud as it is seen. Any text in
it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from concertim_api.domain.billing.invoices import Invoice
from concertim_api.domain.view.drawing.svg import escape, tag

_STYLE = """
body {font: 1rem/1.5 sans-serif; max-width: 48rem; margin: 2rem auto;
 padding: 0 1rem; color: #111; background: #fff}
table {border-collapse: collapse; width: 100%; margin: 1rem 0}
caption {text-align: left; font-weight: bold}
th, td {text-align: left; padding: .25rem .5rem;
 border-bottom: 1px solid #767676; overflow-wrap: anywhere}
.amount {text-align: right; white-space: nowrap;
 font-variant-numeric: tabular-nums}
tr {break-inside: avoid}
@media print {body {margin: 0; max-width: none}}
"""

_HEAD = ("Cluster", "Month", "Unit")


def invoice_page(
    invoice: Invoice, team: str, clusters: Mapping[str, str]
) -> str:
    """Return an invoice as HTML.

    ``clusters``: the names of clusters, by the ids of their orders.
    """
    title = escape(f"Invoice {invoice.number}")
    head = tag(
        "head",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        tag("title", title),
        tag("style", _STYLE),
    )
    body = tag(
        "body",
        tag(
            "main",
            tag("h1", title),
            *_facts(invoice, team),
            *_table(invoice, clusters),
        ),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _facts(invoice: Invoice, team: str) -> Iterator[str]:
    facts = {
        "Team": team,
        "Account": invoice.account_id,
        "Month": f"{invoice.month:%Y-%m}",
        "Issued": f"{invoice.issued_at:%Y-%m-%d}",
        "State": invoice.state,
    }
    if invoice.state == "disputed":
        facts["Reason"] = invoice.reason or ""
    rows = (
        tag(
            "tr", tag("th", escape(name), scope="row"), tag("td", escape(text))
        )
        for name, text in facts.items()
    )
    yield tag("table", tag("tbody", *rows))


def _table(invoice: Invoice, clusters: Mapping[str, str]) -> Iterator[str]:
    columns = [tag("th", name, scope="col") for name in _HEAD]
    columns.append(_amount(f"Amount in {invoice.currency}", "th", scope="col"))
    rows = (
        tag(
            "tr",
            tag("td", escape(clusters.get(item.order_id, "none"))),
            tag("td", f"{item.month:%Y-%m}"),
            tag("td", escape(item.unit)),
            _amount(f"{item.amount:f}"),
        )
        for item in invoice.items
    )
    yield tag(
        "table",
        tag("caption", "What is charged"),
        tag("thead", tag("tr", *columns)),
        tag("tbody", "", *rows),
        tag("tfoot", *_sums(invoice)),
    )


def _sums(invoice: Invoice) -> Iterator[str]:
    sums = {"Total": invoice.total}
    if invoice.tax_name:
        tax = {invoice.tax_name: invoice.tax}
        sums = {"Sum": invoice.subtotal, **tax, **sums}
    for name, amount in sums.items():
        label = tag("th", escape(name), scope="row", colspan="3")
        yield tag("tr", label, _amount(f"{amount:f}"))


def _amount(text: str, name: str = "td", **attributes: str) -> str:
    return tag(name, escape(text), class_="amount", **attributes)
