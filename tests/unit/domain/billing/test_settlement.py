"""Daily records: each day is charged once, whatever is corrected."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.billing import invoices
from concertim_api.domain.billing.amounts import AMOUNT_SCALE
from concertim_api.domain.billing.rating import ChargeLine, UsagePeriod
from concertim_api.domain.billing.settlement import (
    DailyRecord,
    OrderDay,
    charged,
    corrections,
    totals,
)
from concertim_api.domain.billing.tariff import (
    PriceRule,
    Profile,
    Tax,
    Tier,
)

START = date(2026, 1, 30)
MONTHS = [date(2026, month, 1) for month in (1, 2, 3)]

AMOUNTS = st.dictionaries(
    st.sampled_from(["compute", "gpu"]),
    st.integers(1, 10**7).map(lambda n: Decimal(n).scaleb(-4)),
    min_size=1,
)
CHARGES = st.dictionaries(
    st.builds(
        OrderDay,
        st.sampled_from(["o1", "o2"]),
        st.integers(0, 40).map(lambda n: START + timedelta(days=n)),
    ),
    AMOUNTS,
    max_size=12,
)


def without_zeros(sums):
    nonzero = {
        place: {unit: amount for unit, amount in units.items() if amount}
        for place, units in sums.items()
    }
    return {place: units for place, units in nonzero.items() if units}


@given(st.lists(st.tuples(CHARGES, st.sampled_from(MONTHS)), max_size=6))
def test_the_records_say_what_is_charged_after_each_correction(changes):
    records = []
    month = MONTHS[0]
    for desired, latest in changes:
        month = max(month, latest)
        news = [*corrections(desired, records, month)]
        records += news
        assert without_zeros(totals(records)) == desired
        assert all(record.month >= month for record in news)
        assert [*corrections(desired, records, month)] == []
    keys = [(record.place, record.revision) for record in records]
    assert len(keys) == len(set(keys))
    for place, group in itertools.groupby(sorted(keys), lambda key: key[0]):
        revisions = [revision for _, revision in group]
        assert revisions == [*range(len(revisions))], place


@given(
    st.lists(CHARGES, max_size=5),
    st.sampled_from([None, Tax("VAT", 1900), Tax("VAT", 1)]),
)
def test_invoices_come_to_what_is_charged(changes, tax):
    records = []
    for desired, month in zip(changes, itertools.count(), strict=False):
        records += corrections(
            desired, records, MONTHS[min(month, len(MONTHS) - 1)]
        )
    sums = [
        invoices.sum_up(
            [record for record in records if record.month == month],
            "EUR",
            tax,
        )
        for month in {record.month for record in records}
    ]
    items = [item for each in sums for item in each.items]
    exact = sum((a for r in records for a in r.amounts.values()), Decimal())
    distance = sum(each.distance for each in sums)
    assert sum((item.amount for item in items), Decimal()) == exact + distance
    assert abs(distance) <= Decimal("0.005") * len(records) * 2
    assert sum(each.total - each.tax for each in sums) == exact + distance


def test_an_invoice_has_an_item_for_each_order_month_and_unit():
    records = [
        DailyRecord("o1", date(2026, 1, 30), 1, MONTHS[1], amounts)
        for amounts in ({"compute": Decimal("-0.0049")},)
    ]
    records += [
        DailyRecord("o1", date(2026, 2, day), 0, MONTHS[1], amounts)
        for day, amounts in (
            (1, {"compute": Decimal("1.0025"), "gpu": Decimal("2")}),
            (2, {"compute": Decimal("1.0025")}),
        )
    ]
    invoice = invoices.sum_up(records, "EUR", Tax("VAT", 1900))
    assert invoice.items == [
        ("o1", date(2026, 2, 1), "compute", Decimal("2.01")),
        ("o1", date(2026, 2, 1), "gpu", Decimal("2.00")),
    ]
    assert invoice.distance == Decimal("0.0099")
    assert (invoice.tax, invoice.total) == (Decimal("0.76"), Decimal("4.77"))


def test_charges_are_rounded_by_order_day_and_unit():
    def line(order, hour, unit, amount):
        start = datetime(2026, 1, 1, hour, tzinfo=UTC)
        rule = PriceRule("r", unit, (), "hour", (Tier(1),))
        period = UsagePeriod(order, start, None, Profile("instance"))
        return ChargeLine(
            period, start, start, rule, 1, 1, 0, amount * AMOUNT_SCALE // 10**5
        )

    lines = [
        line(1, 0, "gpu", 3),
        line(1, 5, "gpu", 2),
        line(1, 5, "compute", 4),
        line(2, 5, "gpu", 5),
        line(2, 5, "gpu", 0)._replace(rule=None),
    ]
    assert charged(lines, lambda each: f"o{each.period.resource}") == {
        ("o1", date(2026, 1, 1)): {
            "gpu": Decimal("0.0001"),
            "compute": Decimal("0.0000"),
        },
        ("o2", date(2026, 1, 1)): {"gpu": Decimal("0.0001")},
    }
