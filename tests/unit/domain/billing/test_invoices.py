"""When a month can be closed, and what its draft says."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from concertim_api.domain.billing import invoices
from concertim_api.domain.billing.settlement import DailyRecord, Settlement
from concertim_api.domain.billing.tariff import PriceList, Tariff, Tax

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
GRACE = timedelta(days=2)
DUE = datetime(2026, 6, 3, tzinfo=UTC)
SETTLED = Settlement("a", "p", MAY, JUNE, None, MAY)


@pytest.mark.parametrize(
    ("values", "now", "why"),
    [
        ({}, DUE, None),
        ({"settled_until": date(2026, 6, 9)}, DUE, None),
        ({"claimed_until": DUE - timedelta(seconds=1)}, DUE, None),
        ({}, DUE - timedelta(seconds=1), "grace end at 2026-06-03T00:00:00Z"),
        ({"settled_until": MAY}, DUE, "^settled up to 2026-05-01$"),
        ({"settled_until": MAY, "error": "no"}, DUE, "2026-05-01: no$"),
        ({"stale_from": JUNE}, DUE, "again from 2026-06-01 on"),
        ({"claimed_until": DUE}, DUE, "just now"),
    ],
)
def test_what_hinders(values, now, why):
    text = invoices.hindrance(SETTLED._replace(**values), now, GRACE)
    assert text is None if why is None else re.search(why, text)


@pytest.mark.parametrize(
    ("month", "following"),
    [
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 2, 1), date(2026, 3, 1)),
        (date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_the_next_month(month, following):
    assert invoices.next_month(month) == following


def record(day, amount):
    amounts = {"compute": Decimal(amount)}
    return DailyRecord("o", day, 0, MAY, amounts)


@pytest.mark.parametrize(
    ("now", "state"),
    [(DUE, "settling"), (datetime(2026, 5, 31, 23, tzinfo=UTC), "open")],
)
def test_a_draft(now, state):
    tax = Tax("VAT", 1900)
    prices = PriceList([Tariff("t", "EUR", MAY, None, (), tax=tax)])
    records = [record(MAY, "1.0050"), record(date(2026, 4, 30), "-0.5")]
    draft = invoices.draft(SETTLED, MAY, records, prices, now)
    assert draft.state == state
    assert [(i.month, str(i.amount)) for i in draft.items] == [
        (date(2026, 4, 1), "-0.50"),
        (MAY, "1.01"),
    ]
    assert (str(draft.subtotal), str(draft.tax)) == ("0.51", "0.10")
    assert (str(draft.total), draft.distance) == ("0.61", Decimal("0.0050"))
