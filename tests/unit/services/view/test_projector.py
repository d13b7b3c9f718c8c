"""The projector's parts, without a database."""

import datetime as dt

import pytest

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import project as view
from concertim_api.domain.view.model import Fact, Rules
from concertim_api.domain.view.ours import Rule
from concertim_api.services.view import reader
from concertim_api.services.view.affected import affected_racks
from concertim_api.services.view.desired_rows import DesiredRows
from concertim_api.services.view.missing import missing
from concertim_api.services.view.parts import RackBatch, RackParts, listed
from concertim_api.services.view.ports import (
    Member,
    Resource,
    Sibling,
    StoredSlot,
)

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ALL = Rules(projects=(Rule("all"),))


def ref(kind, name):
    return Ref("north", kind, name)


def resource(kind, name, owner=None, pk=1, **facts):
    given = {
        "stale": facts.pop("stale", True),
        "runs": facts.pop("runs", True),
        "reported_at": facts.pop("reported_at", NOW),
        "key": facts.pop("key", "message"),
    }
    return Resource(
        pk=pk,
        generation=1,
        belongs_to=owner,
        state=facts.pop("state", None),
        fact=Fact(ref=ref(kind, name), project_id="p", **facts),
        **given,
    )


def stack(name="c1", owner="", resources=(), **facts):
    details = {
        "name": name,
        "resources": [{"kind": k, "id": i} for k, i in resources],
        **facts.pop("details", {}),
    }
    return resource("stack", name, owner, details=details, **facts)


class Work:
    """What the functions that only read ask for."""

    def __init__(self, owners=(), racks=()):
        self._owners = dict(owners)
        self._racks = racks
        self.asked = []

    def owners(self, refs):
        self.asked.append("owners")
        return {r: self._owners[r] for r in refs if r in self._owners}

    def racks_of(self, refs):
        self.asked.append("racks_of")
        return [
            (Member(9, member, True), rack)
            for member, rack in self._racks
            if member in refs
        ]


# Which racks are touched


@pytest.mark.parametrize(
    ("one", "racks"),
    [
        (resource("instance", "s1"), {"c1"}),
        (resource("instance", "s9"), set()),
        (resource("network", "n1"), {"c1"}),
        (resource("port", "x", "s1"), {"c1"}),
        (resource("port", "p1"), {"c2"}),
        (resource("port", "p1", "s1"), {"c1", "c2"}),
        (resource("volume", "x", "s1"), {"c1"}),
        (resource("floating_ip", "x", "p7"), {"c1"}),
        (resource("floating_ip", "x", "p8"), set()),
        (resource("stack", "c9", ""), {"c9"}),
        (resource("stack", "c9"), {"c9"}),
        (resource("stack", "x", "inner"), {"c1"}),
        (resource("stack", "x", "deeper"), {"c1"}),
        (resource("stack", "x", "unheard"), set()),
        (resource("stack", "x", "ring"), set()),
        (resource("stack", "x", "lost"), {"lost"}),
    ],
)
def test_what_touches_racks(one, racks):
    work = Work(
        owners={
            ref("port", "p7"): "s1",
            ref("port", "p8"): None,
            ref("stack", "inner"): "c1",
            ref("stack", "deeper"): "inner",
            ref("stack", "c1"): "",
            ref("stack", "ring"): "round",
            ref("stack", "round"): "ring",
            ref("stack", "lost"): None,
        },
        racks=[
            (ref("instance", "s1"), ref("stack", "c1")),
            (ref("network", "n1"), ref("stack", "c1")),
            (ref("port", "p1"), ref("stack", "c2")),
        ],
    )
    found = affected_racks(work, [one])
    assert {rack.id for rack in found[one.fact.ref]} == racks


def test_other_kinds_touch_nothing():
    assert (
        affected_racks(
            Work(), [resource("flavor", "f"), resource("keypair", "k")]
        )
        == {}
    )


def test_what_is_known_is_not_looked_up():
    work = Work()
    affected_racks(
        work, [resource("stack", "c1", ""), resource("stack", "x", "c1")]
    )
    assert work.asked == ["racks_of"]


# What a stack lists


@pytest.mark.parametrize(
    "resources",
    [
        None,
        "text",
        {"kind": "instance"},
        [None, 7, "x", []],
        [{"kind": "instance"}, {"id": "s1"}, {"kind": [], "id": "s1"}],
        [{"kind": "instance", "id": ""}, {"kind": "instance", "id": 7}],
        [{"kind": "instance", "id": "i" * 256}],
        [{"kind": "instance", "id": "nul\0"}],
        [{"kind": "image", "id": "i1"}],
    ],
)
def test_what_is_no_resource_is_not_listed(resources):
    fact = Fact(ref=ref("stack", "c1"), details={"resources": resources})
    assert listed(fact) == []


def test_what_is_listed_twice_is_one():
    fact = stack(resources=[("instance", "s1"), ("instance", "s1")]).fact
    assert listed(fact) == [ref("instance", "s1")]


# What is lacking


def batch(*racks, siblings=(), projects=("p",), ours=True):
    known = {ref("project", name) for name in projects}
    return RackBatch(
        racks=racks,
        deferred=set(),
        elsewhere={},
        projects=known,
        ours=dict.fromkeys(known, ours),
        siblings=siblings,
        networks={},
        volume_types={},
    )


def rack(one, ours=True, shown=True):
    found = RackParts.of(one, ours)
    if shown:
        found.rows.append(None)
    return found


def wanted(stale, racks, **touches):
    found = {
        one.fact.ref: {ref("stack", touches[one.fact.ref.id])}
        if one.fact.ref.id in touches
        else set()
        for one in stale
    }
    return missing(stale, found, racks, NOW)


def seconds(number):
    return dt.timedelta(seconds=number)


@pytest.mark.parametrize(
    ("reported", "read", "key", "due"),
    [
        (0, None, "message", 0),
        (0, -60, "message", 0),
        (-100, -60, "message", None),
        (-70, -60, "message", 0),
        (20, -60, "message", 20),
        (9999, -60, "message", 60),
        (0, -60, "look/1", None),
        (0, None, "look/1", None),
        # A listing tells no outputs.
        (0, None, "listing/1", 0),
        (0, None, "absent/1", None),
    ],
)
def test_when_a_root_is_read_again(reported, read, key, due):
    details = (
        {} if read is None else {"read_at": (NOW + seconds(read)).isoformat()}
    )
    one = stack(details=details, reported_at=NOW + seconds(reported), key=key)
    found = wanted([one], batch(rack(one)), c1="c1")
    expected = {} if due is None else {one.fact.ref: NOW + seconds(due)}
    assert found == expected


READ = {"read_at": (NOW - seconds(600)).isoformat(), "outputs": {}}


@pytest.mark.parametrize("stale", [True, False])
@pytest.mark.parametrize("inner", [True, False])
def test_no_report_is_lost_to_a_rack_that_is_projected_for_another_reason(
    stale, inner
):
    port = resource("port", "p1", "s1")
    news = {"stale": stale, "reported_at": NOW}
    old = {"stale": False, "reported_at": NOW - seconds(900)}
    found = rack(stack(details=READ, **(old if inner else news)))
    found.nested.append(stack("x", "c1", **(news if inner else old)))
    asked = wanted([port], batch(found), p1="c1")
    assert asked == ({found.ref: NOW} if stale else {})


@pytest.mark.parametrize("date", ["yesterday", 7, None, "0001-01-01T00:00:00"])
def test_a_date_that_is_none_is_no_date(date):
    one = stack(details={"read_at": date})
    assert wanted([one], batch(rack(one)), c1="c1") == {one.fact.ref: NOW}


def test_what_only_its_members_touch_is_not_read_again():
    one = stack(stale=False)
    server = resource("instance", "s1")
    assert wanted([server], batch(rack(one)), s1="c1") == {}


def test_a_rack_that_is_new_is_read():
    one = stack(stale=False)
    assert wanted([], batch(rack(one, shown=False))) == {one.fact.ref: NOW}


@pytest.mark.parametrize(
    "one", [stack(runs=False), stack(runs=False, owner=None)]
)
def test_what_is_gone_is_not_asked_for(one):
    assert wanted([one], batch(rack(one), projects=()), c1="c1") == {}


def test_what_is_not_ours_is_not_asked_for():
    one, other = stack(), stack("c2", owner=None)
    racks = batch(rack(one, False), rack(other, False), ours=False)
    loose = [resource("instance", "s1"), resource("stack", "x", "unheard")]
    assert wanted([one, other, *loose], racks, c1="c1", c2="c2") == {}


def test_a_stack_of_unknown_place_is_asked_for():
    one = stack(owner=None)
    assert wanted([one], batch(rack(one)), c1="c1") == {one.fact.ref: NOW}
    answered = stack(owner=None, key="look/1")
    assert wanted([answered], batch(rack(answered)), c1="c1") == {}
    inner = resource("stack", "x", "unheard")
    assert wanted([inner], batch()) == {inner.fact.ref: NOW}
    answered = resource("stack", "x", "unheard", key="look/1")
    assert wanted([answered], batch()) == {}


def test_a_loose_device_has_twenty_stacks_at_work_asked():
    siblings = [
        Sibling(n, ref("stack", f"c{n}"), "p", f"c{n}", "UPDATE_IN_PROGRESS")
        for n in range(30)
    ]
    siblings += [
        Sibling(90, ref("stack", "idle"), "p", "idle", "CREATE_COMPLETE"),
        Sibling(91, ref("stack", "other"), "q", "other", "X_IN_PROGRESS"),
        Sibling(92, ref("stack", "none"), "p", "none", None),
    ]
    one = resource("instance", "s1")
    found = wanted([one], batch(siblings=siblings))
    assert found == {ref("stack", f"c{n}"): NOW for n in range(20)}


# What is shown


def test_what_breaks_is_left_as_it_is(monkeypatch, caplog):
    monkeypatch.setattr(view, "user", lambda fact: 1 / 0)
    rows = DesiredRows(ALL, NOW)
    rows.add_noun(resource("user", "u1", details={"name": "ann"}))
    rows.add_noun(resource("project", "p1", details={"name": "ours"}, pk=2))
    assert rows.failed == 1
    assert rows.gone == set()
    assert rows.pks == {2}
    assert "User u1 of north can't be shown" in caplog.text


def test_the_latest_slot_counts():
    found = RackParts.of(stack(pk=5), ours=True)
    found.devices.append(resource("instance", "s1", pk=6))
    assert found.remembered() is None
    for start_u, height_u in ((1, 42), (1, 44)):
        found.slots.append(StoredSlot(5, 5, NOW, start_u, height_u))
    for start_u in (3, 7):
        found.slots.append(StoredSlot(5, 6, NOW, start_u, 2))
        found.slots.append(StoredSlot(5, 99, NOW, start_u, 2))
    assert found.remembered() == (44, {ref("instance", "s1"): (7, 2)})


def test_a_volume_is_a_device_or_around_one():
    """Attached to a server of its own rack, it is not around it, too."""
    volume = resource("volume", "v1", "s1", pk=3)
    server = resource("instance", "s1", pk=2)
    ours = RackParts.of(
        stack(resources=[("instance", "s1"), ("volume", "v1")]), ours=True
    )
    owners = reader._owners([ours], {})
    resources = {part.fact.ref: part for part in (volume, server)}
    reader._give_devices(owners, resources)
    reader._give_around(owners, {"volumes": [volume]})
    assert ours.devices == [server, volume]
    assert ours.volumes == []
