"""Charges and costs of a ledger, on every database."""

import dataclasses as dc
import itertools
from decimal import Decimal

import pytest

from concertim_api.domain.billing import tariff_document
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.charges import Charges
from concertim_api.services.billing.costs import GROUPS, Costs
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Listing,
    Scope,
    equal,
)
from concertim_api.services.ledger.archives import Archived
from concertim_api.services.ledger.ports import Window
from tests.fakes.clock import Clock
from tests.functional.db.clouds import FLAVOR
from tests.functional.statements import noted

HOUR = 3600
DAY = 24 * HOUR

RULES = [
    ("vCPU", "compute", {"kind": "instance"}, "vcpu_hour", "0.5"),
    ("memory", "memory", {"kind": "instance"}, "ram_gib_hour", "0.25"),
    ("stopped", "compute", {"kind": "instance", "state": "off"}, "hour", "0"),
    ("disk", "storage", {"kind": "volume"}, "gb_hour", "0.01"),
]
TIERS = ("disk", "storage", {"kind": "volume"}, "gb_hour")
FALLING = [{"up_to": "240", "price": "1"}, {"price": "0.5"}]


def tariff(rules=RULES, **fields):
    document = {
        "name": "t",
        "currency": "EUR",
        "valid_from": "2026-01-01",
        "rules": [
            {
                "name": name,
                "unit": unit,
                "for": conditions,
                "count": count,
                "price": price,
            }
            for name, unit, conditions, count, price in rules
        ],
        **fields,
    }
    return tariff_document.read(document, KINDS)


class Prices:
    def __init__(self, *tariffs):
        self._prices = PriceList(tariffs)

    def prices(self):
        return self._prices


@pytest.fixture
def usage(store, at):
    """Make the rated usage by a tariff, three days after the start."""

    def make(*tariffs, now=3 * DAY, **options):
        return RatedUsage(
            store.billed_usage,
            Prices(*(tariffs or [tariff()])),
            store.ledger,
            Clock(at(now)),
            KINDS,
            **options,
        )

    return make


@pytest.fixture
def shown(recorder, tell):
    """Record two servers and two volumes of two projects."""
    flavor = {"name": "small", "vcpus": 2, "ram_mb": 2048}
    recorder.record(
        [
            tell(0, ref=ref, project_id=project, **facts)
            for project, n in (("p", 1), ("q", 2))
            for ref, facts in (
                (
                    Ref("north", "instance", f"s{n}"),
                    {"state": "active", "flavor": flavor},
                ),
                (Ref("north", "volume", f"v{n}"), {"size_gb": 10 * n}),
            )
        ]
        + [
            tell(
                10 * HOUR,
                ref=Ref("north", "instance", "s1"),
                project_id="p",
                state="off",
                flavor=flavor,
            )
        ]
    )


def totals(report):
    others = ("name", "rack_name", "unsettled_amount")
    fields = [field for field in report.fields if field not in others]
    return [
        tuple(getattr(row, field) for field in fields) for row in report.rows
    ]


def test_costs_by_unit(usage, shown, at):
    window = Window(at(0), at(DAY))
    report = Costs(usage()).report(Scope("p"), (), window, ["unit"])
    assert totals(report) == [
        ("compute", Decimal("10.0000"), 0),
        ("memory", Decimal("12.0000"), 0),
        ("storage", Decimal("2.4000"), 0),
    ]
    assert (report.currency, report.amount) == ("EUR", Decimal("24.4000"))


@pytest.mark.parametrize("group", [*itertools.combinations(GROUPS, 2)])
def test_costs_are_the_same_in_any_groups(usage, shown, at, group):
    window = Window(at(HOUR), at(2 * DAY))
    costs = Costs(usage())
    whole = costs.report(EVERY_PROJECT, (), window, [])
    report = costs.report(EVERY_PROJECT, (), window, group)
    assert sum(row.amount for row in report.rows) == report.amount
    assert report.amount == whole.amount > 0


def test_another_project_is_not_there(usage, shown, at):
    window = Window(at(0), at(DAY))
    for scope, ids in ((Scope("q"), {"s2", "v2"}), (Scope("r"), set())):
        page = Charges(usage()).list(scope, Listing(), window)
        assert {charge.resource_id for charge in page.rows} == ids


def test_the_future_costs_nothing_yet(usage, shown, at):
    costs = Costs(usage(now=DAY))
    for end in (None, at(9 * DAY)):
        report = costs.report(Scope("p"), (), Window(at(0), end), ["unit"])
        assert report.end == at(DAY)
    assert costs.report(Scope("p"), (), Window(at(4 * DAY))).rows == []


def test_a_charge_says_why(usage, shown, at):
    window = Window(at(0), at(DAY))
    listing = Listing(equal(resource_id="s1"))
    priced = tariff(discounts=[{"project": "p", "percent": "20"}])
    page = Charges(usage(priced)).list(Scope("p"), listing, window)
    charge = next(row for row in page.rows if row.rule == "vCPU")
    assert (charge.start, charge.end) == (at(0), at(10 * HOUR))
    assert (charge.unit, charge.count) == ("compute", "vcpu_hour")
    assert (charge.quantity, charge.price) == (20, Decimal("0.5"))
    assert (charge.discount_percent, charge.amount) == (20, 8)
    assert (charge.tariff, charge.type, charge.state) == (
        "t",
        "small",
        "active",
    )
    assert {row.rule for row in page.rows} == {"vCPU", "memory", "stopped"}


def test_pages_have_every_charge_once(usage, shown, at):
    window = Window(at(0), at(2 * DAY))
    charges = Charges(usage())
    whole = charges.list(EVERY_PROJECT, Listing(limit=100), window)
    assert len(whole.rows) == 8
    rows, marker = [], None
    for _ in range(4):
        page = charges.list(EVERY_PROJECT, Listing((), (), 2, marker), window)
        rows += page.rows
        marker = page.marker
    assert rows == whole.rows
    assert marker is None


def test_the_dearest_first(usage, shown, at):
    listing = Listing(sort=(("amount", True), ("start", False)), limit=2)
    page = Charges(usage()).list(
        EVERY_PROJECT, listing, Window(at(0), at(2 * DAY))
    )
    rest = Charges(usage()).list(
        EVERY_PROJECT,
        dc.replace(listing, limit=9, marker=page.marker),
        Window(at(0), at(2 * DAY)),
    )
    amounts = [row.amount for row in (*page.rows, *rest.rows)]
    assert amounts == sorted(amounts, reverse=True)
    assert len(amounts) == 8


def test_a_marker_has_room_for_any_amount(usage, shown, at):
    dear = [("all", "compute", {"kind": "*"}, "hour", "1000000000")]
    listing = Listing(sort=(("amount", True),), limit=1)
    charges = Charges(usage(tariff(dear), now=99999 * DAY))
    page = charges.list(EVERY_PROJECT, listing, Window(at(0)))
    assert all(abs(number) < 2**63 for number in page.marker)


@pytest.mark.parametrize("marker", [(1,), ("a", 1, 1), (1, 2, None)])
def test_a_strange_marker_is_refused(usage, at, marker):
    listing = Listing(marker=marker)
    with pytest.raises(Invalid, match="marker"):
        Charges(usage()).list(Scope("p"), listing, Window(at(0)))


def test_without_a_tariff_all_is_unpriced(usage, shown, at):
    window = Window(at(0), at(DAY))
    costs = Costs(usage(tariff(valid_from="2026-05-01")))
    report = costs.report(Scope("p"), (), window, ["kind"])
    assert totals(report) == [("instance", 0, 24), ("volume", 0, 24)]
    [line, *_] = (
        Charges(usage(tariff(valid_from="2026-05-01")))
        .list(Scope("p"), Listing(), window)
        .rows
    )
    assert (line.tariff, line.rule, line.amount) == (None, None, None)


def test_what_nobody_uses_costs_nothing_unless_it_is_asked_for(
    usage, recorder, tell, at
):
    recorder.record([tell(0, ref=Ref("north", "project", "p1"))])
    window, costs = Window(at(0), at(DAY)), Costs(usage())
    assert costs.report(EVERY_PROJECT, (), window).rows == []
    filters = equal(kind="project")
    assert len(costs.report(EVERY_PROJECT, filters, window).rows) == 1


def test_other_volumes_of_a_project_decide_the_price_in_tiers(
    usage, shown, recorder, tell, at
):
    more = Ref("north", "volume", "v9")
    recorder.record([tell(0, ref=more, project_id="p", size_gb=10)])
    window = Window(at(12 * HOUR), at(36 * HOUR))
    tiered = tariff([(*TIERS, FALLING)])
    filters = equal(resource_id="v1")
    costs = Costs(usage(tiered))
    report = costs.report(Scope("p"), filters, window, ["day"])
    # The first day was 12 hours of 20 GB, which is 240: the rest is cheaper.
    assert totals(report) == [(at(12 * HOUR).date(), Decimal(120), 0)]


def test_what_an_earlier_owner_started_is_not_shown(usage, recorder, tell, at):
    volume = Ref("north", "volume", "v1")
    recorder.record(
        [
            tell(0, ref=volume, project_id="p", size_gb=1),
            tell(HOUR, ref=volume, project_id="q", size_gb=1),
        ]
    )
    piece = tariff([("set-up", "other", {"kind": "volume"}, "piece", "7")])
    window, costs = Window(at(0), at(DAY)), Costs(usage(piece))
    assert costs.report(Scope("p"), (), window).amount == 7
    assert costs.report(Scope("q"), (), window).amount == 0


def test_too_many_periods_are_refused(usage, shown, at):
    costs, window = Costs(usage(most=4)), Window(at(0), at(DAY))
    assert costs.report(Scope("p"), (), window).amount > 0
    with pytest.raises(Invalid, match="more than 4 periods"):
        costs.report(EVERY_PROJECT, (), window)


def test_what_is_archived_is_refused(usage, shown, store, at, monkeypatch):
    monkeypatch.setattr(
        type(store.billed_usage), "archived_before", lambda self: at(DAY)
    )
    costs = Costs(usage())
    with pytest.raises(Archived):
        costs.report(Scope("p"), (), Window(at(0), at(2 * DAY)))
    assert costs.report(Scope("p"), (), Window(at(DAY), at(2 * DAY))).rows


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(None, 0, "start"), (10, 10, "end"), (10, 5, "end")],
)
def test_a_window_holds_time(usage, at, start, end, field):
    window = Window(*(None if n is None else at(n) for n in (start, end)))
    with pytest.raises(Invalid, match=field):
        Costs(usage()).report(Scope("p"), (), window)


def test_as_many_statements_as_promised(usage, world, store, at):
    world.some(racks=1, servers=20)
    tiered = tariff(
        [
            (*TIERS, FALLING),
            ("d", "gpu", {"kind": "instance", "domain": "d"}, "hour", "1"),
        ]
    )
    costs = Costs(usage(tiered))
    filters = equal(type=FLAVOR["name"])
    with noted(store.engine) as statements:
        costs.report(EVERY_PROJECT, filters, Window(at(0), at(DAY)))
    assert len(statements) <= 5
