"""The periods that are rated, on every database."""

import random

import pytest

from concertim_api.domain.billing.rating import BilledResource
from concertim_api.domain.billing.tariff import Profile
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import equal
from concertim_api.services.ledger.ports import Window
from tests.functional.statements import noted

HOUR = 3600
DAY = 24 * HOUR
TYPES = (("volume", "volume_type"),)
SPECS = {"resources:VGPU": "1", "trait:HW_GPU": "required"}
SMALL = {"name": "small", "vcpus": 2, "ram_mb": 2048, "extra_specs": SPECS}


@pytest.fixture
def read(store, at):
    def periods(first, last, *filters, types=(), limit=1000, **options):
        window = Window(at(first), at(last))
        return store.billed_usage.periods(
            filters, window, types, limit, **options
        )

    return periods


def test_a_period_has_what_decides_its_price(recorder, tell, at, read):
    facts = {"state": "active", "flavor": SMALL, "project_id": "p"}
    server = Ref("north", "instance", "s1")
    recorder.record([tell(10, ref=server, details={"name": "a"}, **facts)])
    [period] = read(0, 60)
    assert (period.start, period.end) == (at(10), None)
    assert period.names == BilledResource("s1", "a")
    assert period.profile == Profile(
        "instance",
        "small",
        "active",
        "north",
        vcpus=2,
        ram_mb=2048,
        specs=tuple(sorted(SPECS.items())),
        project="p",
    )


def test_a_volume_has_the_name_of_its_type(recorder, tell, read):
    recorder.record(
        [
            tell(
                0,
                ref=Ref("north", "volume_type", "t1"),
                details={"name": "ssd"},
            ),
            tell(0, ref=Ref("north", "volume", "v1"), type="t1", size_gb=5),
        ]
    )
    [period] = read(0, 60, *equal(kind="volume"), types=TYPES)
    assert (period.profile.type, period.profile.disk_gb) == ("ssd", 5)


def test_a_node_has_its_resource_class(recorder, tell, read):
    node = Ref("north", "baremetal_node", "n1")
    recorder.record([tell(0, ref=node, resource_class="gpu-node")])
    [period] = read(0, 60)
    assert period.profile.resource_class == "gpu-node"


@pytest.mark.parametrize("looks_at", [(), ("availability_zone", "domain")])
def test_what_is_seldom_needed_is_read_when_it_is(world, read, looks_at):
    world.tell("project", "p1", details={"domain_id": "d1"}, project_id=None)
    world.server("s1", details={"availability_zone": "az1"})
    [period] = read(0, 60, *equal(kind="instance"), looks_at=looks_at)
    zone, domain = ("az1", "d1") if looks_at else ("", "")
    assert period.profile.availability_zone == zone
    assert period.profile.domain == domain


def test_extra_specs_that_a_correction_spoiled_are_none(recorder, tell, read):
    recorder.record([tell(0, flavor={**SMALL, "extra_specs": ["x"]})])
    [period] = read(0, 60)
    assert period.profile.specs == ()


def test_what_is_no_usage_is_not_there(recorder, tell, read):
    recorder.record([tell(0, launched=False)])
    assert read(0, 60) == []


@pytest.fixture
def histories(recorder, tell, store):
    """Fifteen servers of two projects over five days; return their periods:
    (project, resource id, start, end)."""
    rng = random.Random(11)
    facts = []
    for n in range(15):
        ref = Ref("north", "instance", f"s{n}")
        project = rng.choice("pq")
        moments = sorted(rng.sample(range(5 * 48), 4))
        facts += [
            tell(moment * HOUR // 2, ref=ref, project_id=project, state=state)
            for moment, state in zip(moments, "abab", strict=True)
        ]
        if n % 3:
            facts.append(tell(moments[3] * HOUR // 2 + 60, "gone", ref=ref))
    recorder.record(facts)
    refs = {fact.ref for fact in facts}
    return [
        (period.project_id, ref.id, period.start, period.end)
        for ref in refs
        for period in store.histories.history(ref)[1]
    ]


def shown(periods):
    return sorted(
        (p.profile.project, p.names.id, p.start, p.end)
        for p in periods
        if p.names
    )


def overlaps(row, window):
    _, _, start, end = row
    return start < window.end and (end is None or window.start < end)


def test_those_that_overlap_are_there_in_order(histories, read, at):
    window = Window(at(DAY), at(2 * DAY))
    periods = read(DAY, 2 * DAY)
    assert shown(periods) == sorted(
        row for row in histories if overlaps(row, window)
    )
    places = [(period.resource, period.start) for period in periods]
    assert places == sorted(places)


def test_others_that_decide_the_price_have_no_names(histories, read, at):
    window, reach = Window(at(DAY), at(2 * DAY)), Window(at(0), at(3 * DAY))
    [expected, *_] = [row for row in histories if overlaps(row, window)]
    project, resource_id, *_ = expected
    filters = equal(resource_id=resource_id, project_id=project)
    periods = read(DAY, 2 * DAY, *filters, reach=reach)
    assert shown(periods) == sorted(
        row
        for row in histories
        if row[1] == resource_id and overlaps(row, window)
    )
    assert len(periods) == sum(
        row[0] == project and overlaps(row, reach) for row in histories
    )


def test_the_whole_past_of_a_resource_has_no_names(histories, read, at):
    window = Window(at(2 * DAY), at(3 * DAY))
    periods = read(2 * DAY, 3 * DAY, whole=True)
    here = {row[1] for row in histories if overlaps(row, window)}
    assert shown(periods) == sorted(
        row for row in histories if overlaps(row, window)
    )
    assert len(periods) == sum(
        row[1] in here and row[2] < window.end for row in histories
    )


def test_no_more_than_the_limit_by_one_statement(histories, read, store):
    with noted(store.engine) as statements:
        assert len(read(0, 5 * DAY, limit=7)) == 7
    assert len(statements) == 1


def test_a_device_is_in_its_rack_and_a_rack_in_itself(world, read, at):
    world.rack("s1")
    periods = {period.names.id: period.names for period in read(0, 60)}
    assert periods["s1"] == BilledResource("s1", "s1", "c1", "c1")
    assert periods["c1"].rack_id == "c1"
    assert periods["p1"].rack_id is None
    [only] = read(0, 60, *equal(rack_id="c1", kind="instance"))
    assert only.names.id == "s1"


def test_what_a_period_costs_stays_with_the_rack_it_began_in(world, read):
    world.rack("s1")
    world.stack("c2", "instance/s1")
    world.settle()
    world.server("s1", shape={"state": "stopped"})
    racks = [
        period.names.rack_id
        for period in read(0, 600, *equal(resource_id="s1"))
    ]
    assert racks == ["c1", "c2"]


def test_what_was_given_away_has_no_rack_of_who_gave_it(world, read):
    world.rack("s1")
    world.server("s1", project_id="p2")
    periods = read(0, 600, *equal(resource_id="s1"))
    racks = {p.profile.project: p.names.rack_id for p in periods}
    assert racks == {"p1": "c1", "p2": None}


def test_a_device_that_got_no_slot_is_in_its_rack(world, read):
    world.rack(*(f"s{n}" for n in range(90)))
    periods = read(0, 600, *equal(rack_id="c1", kind="instance"))
    assert len(periods) == 90
