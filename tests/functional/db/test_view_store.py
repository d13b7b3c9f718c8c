"""What is read of the view, and what the sync and the jobs keep."""

import dataclasses as dc
from datetime import timedelta

import pytest

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.ledger.ports import Refresh
from tests.functional.listings import walk

# The view


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("field", ["id", "name", "updated_at", "start_u"])
def test_devices_page_by_page(world, store, field, down):
    world.some(3, 30)
    world.settle()
    rows = walk(
        lambda listing: store.view.page("device", listing),
        7,
        sort=((field, down),),
    )
    assert len(rows) == len({row.id for row in rows}) == 93
    values = [getattr(row, field) or 0 for row in rows]
    assert values == sorted(values, reverse=down)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ((), 6),
        ((Filter("type", "eq", "Network"),), 2),
        ((Filter("kind", "eq", "instance"),), 4),
        ((Filter("rack_id", "eq", "c-1"),), 3),
        ((Filter("project_id", "eq", "p1"),), 6),
        ((Filter("project_id", "eq", "p2"),), 0),
        ((Filter("region", "neq", "north"),), 0),
        ((Filter("name", "in", ("s-0-0", "s-1-1")),), 2),
        ((Filter("status", "eq", "ACTIVE"),), 4),
        ((Filter("start_u", "lte", 3),), 4),
        ((Filter("start_u", "eq", None),), 0),
        ((Filter("height_u", "gte", 2),), 4),
        ((Filter("generation", "gt", 1),), 0),
    ],
)
def test_devices_by_filters(world, store, filters, count):
    world.some(2, 2)
    world.settle()
    assert len(store.view.page("device", Listing(filters)).rows) == count


def test_a_device_without_slot_has_none(world, store):
    world.some(1, 40)
    world.settle()
    without = store.view.page(
        "device", Listing((Filter("start_u", "eq", None),))
    ).rows
    assert without
    assert {row.start_u for row in without} == {None}


def test_one_by_its_id(world, store, statements):
    world.some(1, 1)
    world.settle()
    del statements[:]
    [rack] = store.view.find("rack", "c-0")
    assert (rack.region, rack.kind, rack.rack_id) == ("north", "stack", None)
    assert store.view.find("device", "c-0") == []
    other = (Filter("project_id", "eq", "p2"),)
    assert store.view.find("rack", "c-0", other) == []
    assert len(statements) == 3


# For the view of the past


def test_racks_of_a_moment(world, store, at):
    world.stack("c1")
    world.tell("stack", "inner", details={"parent": "c1"})
    before = world.clock.moment
    world.stack("c2")
    world.tell("stack", "c1", "gone")
    assert [
        r.resource_id for r in store.ledger.racks_at(Listing(), before).rows
    ] == ["c1"]
    after = store.ledger.racks_at(Listing(), world.clock.moment).rows
    assert [row.resource_id for row in after] == ["c2"]
    only = Listing((Filter("id", "eq", "c1"),))
    assert store.ledger.racks_at(only, world.clock.moment).rows == []


def test_what_was_placed_is_remembered(world, store):
    world.some(2, 2)
    world.settle()
    ref = Ref("north", "stack", "c-1")
    slots = {
        p.resource_id: (p.start_u, p.height_u) for p in store.view.slots([ref])
    }
    assert slots == {
        "c-1": (1, 42),
        "s-1-0": (1, 2),
        "s-1-1": (3, 2),
        "n-1": (42, 1),
    }
    assert {p.since for p in store.view.slots([ref])} == {world.clock.moment}
    assert store.view.slots([ref._replace(region="south")]) == []
    world.tell("stack", "c-1", "gone")
    world.settle()
    assert len(store.view.slots([ref])) == 4


def test_a_device_that_grows_is_placed_anew(world, store):
    world.some(1, 2)
    world.settle()
    world.server("s-0-0", shape={"flavor": {"id": "f9", "vcpus": 8}})
    world.settle()
    ref = Ref("north", "stack", "c-0")
    history = [
        (p.start_u, p.height_u)
        for p in store.view.slots([ref])
        if p.resource_id == "s-0-0"
    ]
    device = world.shown("device")["s-0-0"]
    assert history == [(1, 2), (device.start_u, 4)]


def test_periods_of_several(world, store, statements):
    world.server("s1")
    world.server("s1", shape={"state": "stopped"})
    world.server("s2")
    del statements[:]
    refs = [Ref("north", "instance", name) for name in ("s1", "s2", "s3")]
    found = store.histories.periods_of(refs)
    assert [len(found[ref]) for ref in refs] == [2, 1, 0]
    assert found[refs[0]] == store.histories.history(refs[0])[1]
    assert len(statements) == 4


def test_what_belongs_to_others(world, store):
    world.tell("port", "p1", details={"device_id": "s1"})
    world.tell("port", "p2", details={"device_id": "s1"})
    world.tell("port", "p2", "gone")
    world.tell("port", "p3", details={"device_id": "s2"})
    server = Ref("north", "instance", "s1")
    assert {ref.id for ref in store.ledger.belonging("port", [server])} == {
        "p1",
        "p2",
    }
    assert (
        store.ledger.belonging("port", [server._replace(region="south")]) == []
    )


# The sync


def test_what_runs(world, store):
    world.server("s1")
    heard_at = world.clock.moment
    world.server("s2")
    world.tell("instance", "s2", "gone")
    world.server("s3")
    world.tell("instance", "s3", "absent")
    world.tell("volume", "v1")
    assert store.sync.running("north", "instance") == {"s1": heard_at}
    assert store.sync.running("south", "instance") == {}


def test_when_stacks_were_read(world, store):
    world.stack("c1")
    world.stack("c2", read_at=None)
    world.stack("c3")
    world.tell("stack", "c3", "gone")
    world.tell(
        "stack", "inner", details={"parent": "c1", "read_at": "2026-01-01"}
    )
    [(name, read_at)] = store.sync.read_marks("north").items()
    assert (name, read_at.tzinfo is not None) == ("c1", True)
    assert store.sync.read_marks("south") == {}


# Refreshes

A, B = Ref("north", "stack", "a"), Ref("north", "stack", "b")


def test_what_is_asked_for_twice_is_one(store, at):
    assert store.refreshes.ask([A, B], at(0)) == 2
    assert store.refreshes.ask([A, B], at(1)) == 0
    assert store.refreshes.due(at(1), 10) == [
        Refresh(A, at(1)),
        Refresh(B, at(1)),
    ]
    assert store.refreshes.due(at(1), 1) == [Refresh(A, at(1))]
    assert store.refreshes.counts() == {"waiting": 2, "failing": 0}


def test_what_is_answered_is_forgotten(store, at):
    store.refreshes.ask([A], at(0))
    [refresh] = store.refreshes.due(at(0), 10)
    store.refreshes.answered(refresh)
    assert store.refreshes.due(at(9), 10) == []
    store.refreshes.answered(refresh)


def test_what_is_asked_for_meanwhile_is_asked_again(store, at):
    store.refreshes.ask([A], at(0))
    [refresh] = store.refreshes.due(at(0), 10)
    store.refreshes.postponed(refresh, at(0), "no")
    [refresh] = store.refreshes.due(at(0), 10)
    assert refresh.attempts == 1
    store.refreshes.ask([A], at(1))
    store.refreshes.answered(refresh)
    assert store.refreshes.due(at(1), 10) == [Refresh(A, at(1))]


def test_what_fails_waits(store, at):
    store.refreshes.ask([A], at(0))
    [refresh] = store.refreshes.due(at(0), 10)
    store.refreshes.postponed(refresh, at(60), "it was\0 down")
    store.refreshes.ask([A, B], at(1))
    assert store.refreshes.due(at(2), 10) == [Refresh(B, at(1))]
    assert store.refreshes.due(at(60), 10) == [
        Refresh(B, at(1)),
        Refresh(A, at(1), 1),
    ]
    assert store.refreshes.counts() == {"waiting": 2, "failing": 1}


def test_a_moment_is_kept_to_the_microsecond(store, at):
    now = at(0) + timedelta(microseconds=123457)
    store.refreshes.ask([A], now)
    [refresh] = store.refreshes.due(now, 1)
    assert refresh.asked_at == now
    store.refreshes.answered(refresh)
    assert store.refreshes.counts() == {"waiting": 0, "failing": 0}


def test_an_id_that_can_not_be_is_refused(store, at):
    with pytest.raises(Invalid):
        store.refreshes.ask([A._replace(id="x" * 256)], at(0))


def test_statements_of_asking(store, at, statements):
    refs = [Ref("north", "stack", f"c-{n}") for n in range(500)]
    store.refreshes.ask(refs, at(0))
    assert len(statements) == 2
    del statements[:]
    store.refreshes.ask([], at(0))
    assert statements == []


# Jobs


@pytest.fixture
def job(at):
    return JobRecord(
        "sync:north",
        600.5,
        "host:1",
        started_at=at(0),
        finished_at=at(9),
        outcome="partial",
        summary={"instance": {"listed": 3}},
        error="volume: no\0",
    )


def test_a_job_comes_back_as_it_was(store, job):
    assert store.jobs.job(job.name) is None
    store.jobs.save(job)
    store.jobs.save(dc.replace(job, name="a"))
    kept = dc.replace(job, error="volume: no\ufffd")
    assert store.jobs.job(job.name) == kept
    assert store.jobs.jobs() == [dc.replace(kept, name="a"), kept]
    again = dc.replace(kept, outcome="done", error=None, summary={})
    store.jobs.save(again)
    assert store.jobs.job(job.name) == again


def test_a_job_that_is_asked_for(store, job, at):
    with pytest.raises(NotFound, match="sync:north"):
        store.jobs.ask(job.name, {}, at(20))
    store.jobs.save(job)
    asked = store.jobs.ask(job.name, {"kinds": ["stack"]}, at(20))
    assert (asked.asked_at, asked.options) == (at(20), {"kinds": ["stack"]})
    began = dc.replace(asked, started_at=at(21))
    store.jobs.save(began)
    assert store.jobs.job(job.name).asked_at == at(20)
    store.jobs.save(dc.replace(began, finished_at=at(22)))
    done = store.jobs.job(job.name)
    assert (done.asked_at, done.options) == (None, {})


def test_a_job_that_runs_no_more_is_forgotten(store, job, at):
    store.jobs.save(job)
    assert not store.jobs.forget(job.name, at(0))
    assert not store.jobs.forget(job.name, at(9))
    assert not store.jobs.forget("view", at(10))
    assert store.jobs.forget(job.name, at(10))
    assert store.jobs.jobs() == []
    store.jobs.save(dc.replace(job, started_at=at(20)))
    assert not store.jobs.forget(job.name, at(20))
    assert store.jobs.forget(job.name, at(21))


def test_what_a_job_is_asked_meanwhile_stays(store, job, at):
    store.jobs.save(job)
    began = store.jobs.ask(job.name, {"n": 1}, at(20))
    store.jobs.ask(job.name, {"n": 2}, at(21))
    store.jobs.save(dc.replace(began, started_at=at(20), finished_at=at(30)))
    store.jobs.save(dc.replace(job, asked_at=None, finished_at=at(40)))
    assert store.jobs.job(job.name).options == {"n": 2}


def test_stacks_that_the_view_leaves_out(store, world, statements):
    """Of ours none; of others those that run, and that were looked at."""
    world.rack("s1")
    world.project("p2", "admin")
    for name, project_id in (
        *(("c2", "p2"), ("c3", "p2"), ("c4", "p3"), ("c5", "p2")),
    ):
        world.stack(name, project_id=project_id)
    world.tell("stack", "c5", "gone", project_id="p2")
    assert store.view.hidden_stacks() == {}  # nobody looked yet
    world.settle()
    statements.clear()
    assert store.view.hidden_stacks() == {"admin": 2, "p3": 1}
    assert len(statements) == 1
