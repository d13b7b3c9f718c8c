"""The page of an invoice: whoever chose a name, it is only a text."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from concertim_api.domain.billing.invoice_page import invoice_page
from concertim_api.domain.billing.invoices import Invoice, InvoiceItem

HOSTILE = "<script>alert(1)</script>\"'>&\x1b[31m\u202e"
MONTH = date(2026, 5, 1)


def page(team="physics", clusters=None, **values):
    items = [
        InvoiceItem("o1", MONTH, "compute", Decimal("1234567.89")),
        InvoiceItem("a", date(2026, 4, 1), "gpu", Decimal("-0.50")),
    ]
    fields = {
        "id": "i",
        "number": 7,
        "account_id": "a",
        "project_id": "p",
        "month": MONTH,
        "state": "closed",
        "currency": "EUR",
        "subtotal": Decimal("1234567.39"),
        "tax_name": "VAT",
        "tax": Decimal("234567.80"),
        "total": Decimal("1469135.19"),
        "distance": Decimal(0),
        "issued_at": datetime(2026, 6, 3, tzinfo=UTC),
        "items": items,
        **values,
    }
    return invoice_page(
        Invoice(**fields), team, {"o1": "c1"} if clusters is None else clusters
    )


class Reader(HTMLParser):
    """Collects what a browser sees: elements in order, and texts."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self.open[-1] != "style":
            self.texts.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_what_it_says():
    texts = read(page()).texts
    for text in ("Invoice 7", "physics", "2026-05", "c1", "1234567.89"):
        assert text in texts
    rows = [texts.index(t) for t in ("none", "2026-04", "gpu", "-0.50")]
    assert rows == [*range(rows[0], rows[0] + 4)]
    sums = [texts.index(t) for t in ("Sum", "VAT", "Total")]
    assert [texts[n + 1] for n in sums] == [
        "1234567.39",
        "234567.80",
        "1469135.19",
    ]


def test_without_tax_there_is_only_a_total():
    texts = read(page(tax_name=None)).texts
    assert "Total" in texts
    assert "Sum" not in texts


def test_an_invoice_without_items():
    assert "Total" in read(page(items=())).texts


def test_a_dispute_is_told():
    texts = read(page(state="disputed", reason="too much")).texts
    assert texts[texts.index("Reason") + 1] == "too much"
    assert "Reason" not in read(page(reason="it was right")).texts


@pytest.mark.parametrize(
    "hostile",
    [
        {"team": HOSTILE},
        {"clusters": {"o1": HOSTILE}},
        {"tax_name": HOSTILE},
        {"state": "disputed", "reason": HOSTILE},
    ],
)
def test_a_name_is_a_text(hostile):
    html = page(**hostile)
    reader = read(html)
    assert "script" not in reader.tags
    shown = HOSTILE.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd")
    assert shown in reader.texts
    assert html.isprintable() or set(
        c for c in html if not c.isprintable()
    ) == {"\n"}


def test_it_is_read_aloud_as_it_is_seen():
    html = page()
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert len(re.findall("<h1>", html)) == 1
    assert "<caption>" in html
    assert all("scope=" in head for head in re.findall("<th[^e][^>]*>", html))
    assert "@media print" in html
