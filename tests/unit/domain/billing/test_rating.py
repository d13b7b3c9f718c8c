"""What periods cost."""

import dataclasses as dc
import itertools
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.billing.amounts import (
    AMOUNT_SCALE,
    PRICE_SCALE,
    QUANTITY_SCALE,
)
from concertim_api.domain.billing.rating import (
    PriceListRater,
    Span,
    UsagePeriod,
    rate,
)
from concertim_api.domain.billing.tariff import (
    Condition,
    PriceList,
    PriceRule,
    Profile,
    Tariff,
    Tier,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTH = Span(START, datetime(2026, 2, 1, tzinfo=UTC))
SERVER = Profile("instance", "small", "active", vcpus=2, project="p1")


def at(hours):
    return START + float(hours) * HOUR


def period(start, end, resource=1, **fields):
    return UsagePeriod(
        resource,
        at(start),
        None if end is None else at(end),
        SERVER._replace(**fields),
    )


def rule(price=1, count="hour", share=0, unit="compute", place=0, **fields):
    tiers = price if isinstance(price, tuple) else (Tier(price * PRICE_SCALE),)
    conditions = tuple(
        Condition(name, (value,))
        for name, value in {"kind": "instance", **fields}.items()
    )
    return PriceRule(
        f"r{place}",
        unit,
        conditions,
        count,
        tiers,
        share=int(share * 3600),
        place=place,
    )


def tariff(*rules, **fields):
    rules = (dc.replace(each, place=place) for place, each in enumerate(rules))
    return Tariff("t", "EUR", START.date(), None, tuple(rules), **fields)


def total(periods, prices, span):
    lines = rate(periods, prices, span)
    return Fraction(sum(line.amount for line in lines), AMOUNT_SCALE)


def hours(line):
    return Fraction(line.quantity, QUANTITY_SCALE)


def test_a_line_says_why():
    [line] = rate(
        [period(-5, 2.5)],
        tariff(rule(3, "vcpu_hour"), discounts={"p1": 2500}),
        MONTH,
    )
    assert (line.start, line.end) == (START, at(2.5))
    assert (line.period.resource, line.rule.name) == (1, "r0")
    assert hours(line) == 5
    assert (line.price, line.discount) == (3 * PRICE_SCALE, 2500)
    assert Fraction(line.amount, AMOUNT_SCALE) == Fraction(45, 4)


@pytest.mark.parametrize(
    ("start", "end", "quantity"),
    [
        (-5, None, 24),
        (-5, 30, 24),
        (6, None, 18),
        (6, 7, 1),
        (0, 24, 24),
        (23.9, 24.1, Fraction(1, 10)),
        (-5, 0, None),
        (24, None, None),
    ],
)
def test_hours_of_a_day(start, end, quantity):
    day = Span(START, at(24))
    lines = [*rate([period(start, end)], tariff(rule()), day)]
    assert [hours(line) for line in lines] == [quantity] * bool(quantity)


def test_what_no_rule_prices_is_unpriced():
    [line] = rate(
        [period(1, 3, kind="volume")], tariff(rule()), Span(START, at(2))
    )
    assert (line.rule, hours(line), line.amount) == (None, 1, 0)


def test_a_free_rule_is_a_price():
    [line] = rate([period(0, 1)], tariff(rule(0)), MONTH)
    assert (line.rule.name, line.amount) == ("r0", 0)


def test_a_tariff_prices_the_days_on_which_it_is_valid():
    prices = dc.replace(
        tariff(rule()), start=date(2026, 1, 2), end=date(2026, 1, 3)
    )
    assert total([period(0, None)], prices, MONTH) == 24
    assert not [*rate([period(0, None)], prices, Span(START, at(24)))]


# Shares.


@pytest.mark.parametrize(
    ("end", "charged"),
    [(0.1, 0.25), (0.25, 0.25), (0.26, 0.5), (1, 1), (1.01, 1.25)],
)
def test_a_started_share_is_charged_whole(end, charged):
    assert total([period(0, end)], tariff(rule(share=0.25)), MONTH) == charged


def test_a_share_is_charged_when_it_starts():
    periods, prices = [period(0, 1.5)], tariff(rule(share=1))
    spans = [Span(at(n / 4), at(n / 4 + 0.25)) for n in range(8)]
    assert [total(periods, prices, span) for span in spans] == [
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
    ]


def test_a_share_goes_on_in_a_period_that_costs_the_same():
    moved = [period(0, 0.1), period(0.1, 0.2, region="other")]
    assert total(moved, tariff(rule(share=1)), MONTH) == 1


def test_a_share_starts_anew_after_a_gap_and_for_another_count():
    prices = tariff(rule(share=1, count="vcpu_hour"))
    gap = [period(0, 0.1), period(0.2, 0.3)]
    assert total(gap, prices, MONTH) == 4
    resized = [period(0, 0.1), period(0.1, 0.3, vcpus=3)]
    assert total(resized, prices, MONTH) == 5


# Pieces.


def test_a_piece_is_charged_when_its_resource_starts():
    prices = tariff(rule(7, "piece"))
    periods = [period(1, 2), period(2, 30, state="stopped"), period(31, None)]
    assert total(periods, prices, MONTH) == 7
    assert total(periods, prices, Span(START, at(1))) == 0
    assert total(periods, prices, Span(at(1), at(2))) == 7
    assert total(periods, prices, Span(at(2), at(99))) == 0


# Tiers.

TIERS = (Tier(2 * PRICE_SCALE, 36 * QUANTITY_SCALE), Tier(PRICE_SCALE))


def test_a_day_has_one_price_in_tiers():
    lines = [*rate([period(0, 72)], tariff(rule(TIERS)), MONTH)]
    assert [(line.start.day, hours(line)) for line in lines] == [
        (1, 24),
        (2, 24),
        (3, 24),
    ]
    prices = [Fraction(line.price, PRICE_SCALE) for line in lines]
    assert prices == [2, 1.5, 1]


def test_tiers_begin_anew_each_month_and_for_each_project_and_rule():
    prices = tariff(rule(TIERS))
    month = 31 * 24
    february = Span(at(month), at(month + 24))
    assert total([period(0, None)], prices, february) == 48
    two = [period(0, 24), period(0, 24, 2, project="p2")]
    assert total(two, prices, MONTH) == 96
    together = [period(0, 24), period(0, 24, 2)]
    assert total(together, prices, MONTH) == 84


def test_a_project_with_tiers_pays_the_total_of_its_month():
    periods = [period(n, n + 7.3, n) for n in range(0, 300, 5)]
    prices = tariff(rule(TIERS))
    quantity = int(60 * 7.3 * 3600) * QUANTITY_SCALE // 3600
    expected = Fraction(
        prices.rules[0].total(quantity), QUANTITY_SCALE * PRICE_SCALE
    )
    assert abs(total(periods, prices, MONTH) - expected) < 1e-8


# Several tariffs.


def several(periods, span, *ends):
    """Rate by tariffs, each with a rule and the days on which it is valid."""
    rater = PriceListRater(
        PriceList(
            [
                dc.replace(
                    tariff(priced),
                    name=f"t{n}",
                    start=START.date() + timedelta(days=first),
                    end=START.date() + timedelta(days=last),
                )
                for n, (priced, first, last) in enumerate(ends)
            ]
        )
    )
    return [*rater.lines(periods, span)]


def test_a_tariff_that_follows_starts_its_own_shares():
    lines = several(
        [period(23.5, 24.25)], MONTH, (rule(1), 0, 1), (rule(2, share=1), 1, 9)
    )
    assert [(line.start.day, hours(line)) for line in lines] == [
        (1, 0.5),
        (2, 1),
    ]


def test_what_another_tariff_priced_fills_no_tier():
    tiers = (Tier(10 * PRICE_SCALE, 24 * QUANTITY_SCALE), Tier(PRICE_SCALE))
    lines = several(
        [period(0, None)], MONTH, (rule(tiers), 0, 9), (rule(5), 1, 2)
    )
    prices = [Fraction(line.price, PRICE_SCALE) for line in lines[:4]]
    assert prices == [10, 5, 10, 1]


# For every history, tariff and split.

MOMENTS = st.integers(-40 * 60, 40 * 24 * 60).map(lambda n: n / 60)


@st.composite
def histories(draw):
    """Return periods of some resources: in order, without overlap."""
    periods = []
    for resource in range(draw(st.integers(0, 5))):
        cuts = sorted(draw(st.sets(MOMENTS, min_size=2, max_size=8)))
        running = draw(st.booleans())
        project = draw(st.sampled_from(["p1", "p2"]))
        for start, end in itertools.pairwise(cuts):
            if draw(st.integers(0, 3)):
                last = running and end == cuts[-1]
                periods.append(
                    period(
                        start,
                        None if last else end,
                        resource,
                        project=project,
                        kind=draw(st.sampled_from(["instance", "volume"])),
                        state=draw(st.sampled_from(["active", "stopped"])),
                        vcpus=draw(st.integers(0, 3)),
                        disk_gb=draw(st.integers(0, 3)),
                    )
                )
    return periods


PRICES = st.integers(0, 10**12)


@st.composite
def tariffs(draw):
    rules = []
    for _ in range(draw(st.integers(0, 4))):
        count = draw(
            st.sampled_from(["hour", "vcpu_hour", "gb_hour", "piece"])
        )
        ends = sorted(draw(st.sets(st.integers(1, 500), max_size=2)))
        tiers = [Tier(draw(PRICES), end * QUANTITY_SCALE) for end in ends]
        share = draw(st.sampled_from([0, 0, 0.25, 1]))
        rules.append(
            dc.replace(
                rule(
                    (*tiers, Tier(draw(PRICES))),
                    count,
                    0 if count == "piece" else share,
                    unit=draw(st.sampled_from(["compute", "other"])),
                    kind=draw(st.sampled_from(["instance", "*"])),
                    state=draw(st.sampled_from(["active", "*"])),
                ),
            )
        )
    discounts = draw(st.sampled_from([{}, {"p1": 1234}]))
    start = draw(st.integers(-60, 5))
    return dc.replace(
        tariff(*rules, discounts=discounts),
        start=START.date() + timedelta(days=start),
        end=START.date() + timedelta(days=start + draw(st.integers(1, 90))),
    )


def grouped(lines):
    """Return the exact sums of each resource and rule."""
    sums = {}
    for line in lines:
        key = line.period.resource, line.rule and line.rule.name
        quantity, amount = sums.get(key, (0, 0))
        sums[key] = quantity + line.quantity, amount + line.amount
    return sums


@given(histories(), tariffs(), st.sets(MOMENTS, min_size=2, max_size=9))
def test_the_parts_of_a_window_cost_what_the_whole_does(periods, prices, cuts):
    moments = [at(cut) for cut in sorted(cuts)]
    whole = rate(periods, prices, Span(moments[0], moments[-1]))
    parts = [
        line
        for span in itertools.pairwise(moments)
        for line in rate(periods, prices, Span(*span))
    ]
    assert grouped(parts) == grouped(whole)


@given(histories(), tariffs(), st.sets(MOMENTS, min_size=2, max_size=2))
def test_days_cost_what_their_window_does(periods, prices, ends):
    start, end = (at(moment) for moment in sorted(ends))
    cuts = [start]
    while (cuts[-1] + timedelta(days=1)).date() <= end.date():
        day = (cuts[-1] + timedelta(days=1)).date()
        cuts.append(datetime(day.year, day.month, day.day, tzinfo=UTC))
    if cuts[-1] < end:
        cuts.append(end)
    days = [
        line
        for span in itertools.pairwise(cuts)
        for line in rate(periods, prices, Span(*span))
    ]
    assert grouped(days) == grouped(rate(periods, prices, Span(start, end)))


@given(
    histories(),
    st.lists(tariffs(), max_size=3),
    st.sets(MOMENTS, min_size=2, max_size=9),
)
def test_parts_cost_what_the_whole_does_by_several_tariffs(
    periods, several, cuts
):
    moments = [at(cut) for cut in sorted(cuts)]
    rater = PriceListRater(PriceList(several))
    whole = rater.lines(periods, Span(moments[0], moments[-1]))
    parts = [
        line
        for span in itertools.pairwise(moments)
        for line in rater.lines(periods, Span(*span))
    ]
    assert grouped(parts) == grouped(whole)


@given(histories(), tariffs(), st.sets(MOMENTS, min_size=2, max_size=2))
def test_every_second_is_priced_or_unpriced(periods, prices, ends):
    start, end = (at(moment) for moment in sorted(ends))
    lines = [*rate(periods, prices, Span(start, end))]
    for each in periods:
        mine = [line for line in lines if line.period is each]
        applied = prices.applied(each.profile)
        if not applied:
            assert all(line.rule is None for line in mine)
        else:
            assert {line.rule for line in mine} <= {r for r, _ in applied}


@given(histories(), st.integers(0, 10**15))
def test_plain_hours_cost_their_product(periods, price):
    hourly = dc.replace(rule(), tiers=(Tier(price),), conditions=())
    seconds = sum(
        max(
            (
                min(each.end or MONTH.end, MONTH.end)
                - max(each.start, MONTH.start)
            ).total_seconds(),
            0,
        )
        for each in periods
    )
    expected = Fraction(int(seconds) * price, 3600 * PRICE_SCALE)
    assert total(periods, tariff(hourly), MONTH) == expected


@given(histories(), tariffs())
def test_a_cut_that_changes_no_price_changes_no_amount(periods, prices):
    halves = []
    for each in periods:
        end = each.end or MONTH.end
        middle = each.start + (end - each.start) // HOUR // 2 * HOUR
        if each.start < middle < end:
            halves += [
                each._replace(end=middle),
                each._replace(
                    start=middle,
                    profile=each.profile._replace(region="other"),
                ),
            ]
        else:
            halves.append(each)
    assert grouped(rate(halves, prices, MONTH)) == grouped(
        rate(periods, prices, MONTH)
    )
