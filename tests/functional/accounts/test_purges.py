"""Purges: all that is in a team is deleted, in an order that works."""

from __future__ import annotations

from datetime import timedelta

import pytest

from concertim_api.clouds.simulator import COLLECTIONS
from concertim_api.domain.errors import NotFound, Unavailable
from concertim_api.services.accounts import purge_step, purges
from concertim_api.services.common.listing import EVERY_PROJECT, Listing
from concertim_api.services.operations.outcomes import Outcomes
from tests.outcomes import counts

from .conftest import ADMIN, Later

KINDS = (
    "stack",
    "instance",
    "snapshot",
    "volume",
    "floating_ip",
    "router",
    "network",
    "port",
)


@pytest.fixture
def team(world):
    """A team with a cluster, and much beside it."""
    team = world.teams.create(ADMIN, "CM_physics")
    site, project = world.site, world.site.projects[team.id]
    site.add_cluster(project, "astro", computes=2)
    small = site.add_flavor("c2")
    server = site.add_server(project, "web", small)
    network = site.add_network(project, "lan")
    outside = site.add_network(project, "wan")
    port = site.add_port(network, server)
    router = site.add_router(project, "way-out", outside)
    interface = {"device_owner": "network:router_interface"}
    site.add_port(network, device_id=router["id"], **interface)
    site.add_floating_ip(outside, port, router_id=router["id"])
    volume = site.add_volume(project, "data")
    site.add_snapshot(volume, "before")
    world.learn(*KINDS)
    return team.id


@pytest.fixture
def other(world):
    """Another team, whose things are nobody else's business."""
    team = world.teams.create(ADMIN, "CM_other")
    project = world.site.projects[team.id]
    world.site.add_cluster(project, "other", computes=1)
    world.site.add_network(project, "other-lan")
    world.learn(*KINDS)
    return team.id


def owned(world, project_id):
    """Return kind -> ids of what the cloud has of a project."""
    ids = {}
    for kind in KINDS:
        for thing in getattr(world.site, COLLECTIONS[kind]).values():
            owner = {
                thing.get(field)
                for field in (
                    "project_id",
                    "tenant_id",
                    "project",
                    "os-vol-tenant-attr:tenant_id",
                    "os-extended-snapshot-attributes:project_id",
                )
            }
            gone = thing.get("stack_status") == "DELETE_COMPLETE"
            if project_id in owner and not gone:
                ids.setdefault(kind, set()).add(thing["id"])
    return ids


def test_all_of_it_goes_and_nothing_else(world, purger, team, other):
    before = owned(world, other)
    assert {*owned(world, team)} == {*KINDS}
    operation = world.teams.purge(ADMIN, team)
    assert operation.state == "accepted"
    purge = purger.finish(operation)
    assert (purge.state, purge.error) == ("done", None)
    assert owned(world, team) == {}
    assert team not in world.site.projects
    assert world.resource("project", team).ended
    assert owned(world, other) == before != {}
    assert other in world.site.projects


def test_while_the_cloud_takes_its_time(world, purger, team):
    world.simulator.delay = 10**9
    operation = world.teams.purge(ADMIN, team)
    servers = {*world.site.servers}
    purger.runs(5)
    assert {*world.site.servers} == servers, "stacks come first"
    purge = world.operation(operation)
    assert purge.state == "accepted"
    assert purge.arguments["left"]["stack"] == 1
    for _ in range(40):
        world.simulator.settle()
        purger.run()
        purger.clock.wait(31)
    purge = world.operation(operation)
    assert purge.state == "done"
    assert owned(world, team) == {}


def test_a_stack_is_asked_once_to_go(world, purger, team):
    world.simulator.delay = 10**9
    world.teams.purge(ADMIN, team)
    world.requests()
    purger.runs(5)
    deletions = [
        line for line in world.requests() if line.startswith("DELETE")
    ]
    assert len(deletions) == 1
    assert "/stacks/" in deletions[0]


def test_it_is_bounded_in_each_run(world, purger):
    team = world.teams.create(ADMIN, "CM_many")
    project = world.site.projects[team.id]
    for number in range(25):
        world.site.add_volume(project, f"v{number}")
    world.learn(*KINDS)
    world.teams.purge(ADMIN, team.id)
    assert counts(purger.run()) == {"deleted": 10, "gone": 10}
    purger.clock.wait(2)
    assert counts(purger.run()) == {"deleted": 10, "gone": 10}
    purger.clock.wait(2)
    assert counts(purger.run()) == {"deleted": 5, "gone": 5}
    purger.clock.wait(2)
    assert counts(purger.run()) == {"done": 1, "deleted": 1, "gone": 1}
    assert counts(purger.run()) == {}


def test_what_others_deleted_meanwhile(world, purger, team):
    """And nobody told of it."""
    operation = world.teams.purge(ADMIN, team)
    for name in ("servers", "volumes", "snapshots", "ports", "floatingips"):
        getattr(world.site, name).clear()
    purge = purger.finish(operation)
    assert purge.state == "done"
    assert owned(world, team) == {}


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"drop": True}, {"status": 403}, {"status": 409}],
)
def test_what_passes_does_not_stop_it(world, purger, team, fault):
    operation = world.teams.purge(ADMIN, team)
    world.simulator.fault("DELETE ", times=7, **fault)
    purge = purger.finish(operation)
    assert purge.state == "done"
    assert owned(world, team) == {}


def test_what_does_not_go_is_told_in_the_end(world, purger, team, caplog):
    world.simulator.fault(
        "DELETE /volume/.*volumes",
        status=400,
        body={
            "badRequest": {
                "code": 400,
                "message": "Invalid volume: it is migrating",
            }
        },
    )
    operation = world.teams.purge(ADMIN, team)
    purge = purger.finish(operation, runs=300)
    assert purge.state == "failed"
    assert purge.error.startswith("left: 1 volume, ")
    assert "it is migrating" in purge.error
    (*_, line) = [li for li in caplog.messages if "team purge of " in li]
    assert line.endswith(f" ({team}) by {purge.user_id} failed: {purge.error}")
    assert team in world.site.projects
    world.simulator.faults.clear()
    again = world.teams.purge(ADMIN, team)
    assert again.id != operation.id
    assert purger.finish(again).state == "done"


def test_one_that_is_under_way_is_not_begun_again(world, team):
    operation = world.teams.purge(ADMIN, team)
    assert world.teams.purge(ADMIN, team).id == operation.id


def test_of_what_is_gone(world, purger, team):
    operation = world.teams.purge(ADMIN, team)
    purger.finish(operation)
    with pytest.raises(NotFound):
        world.teams.purge(ADMIN, team)
    world.teams.delete(ADMIN, team)


def test_it_is_done_when_somebody_deletes_the_project(world, team):
    """The look of the agent at other operations leaves it alone; what the
    ledger knows, counts."""
    operation = world.teams.purge(ADMIN, team)
    clock = Later()
    outcomes = Outcomes(
        world.services.store.operations,
        world.services.store.histories,
        world.services.recorder,
        world.clouds,
        clock,
        timeout=timedelta(seconds=1),
        keep=None,
    )
    clock.wait(3600)
    assert outcomes.run().summary["asked"] == 0
    purge = world.operation(operation)
    assert purge.state == "accepted"
    del world.site.projects[team]
    world.look("project", team)
    assert outcomes.run().summary["done"] == 1
    purge = world.operation(operation)
    assert purge.state == "done"


def test_the_job(world, purger, team):
    world.teams.purge(ADMIN, team)
    first = purger.run()
    assert first.summary["gone"]
    assert first.wakes == ("view", "operations")
    assert not first.idle
    while (last := purger.run()).summary["done"] == 0:
        assert not last.idle
    assert purger.run().idle


def test_a_region_that_is_no_more(world, purger, team):
    operation = world.teams.purge(ADMIN, team)
    world.clouds.clear()
    purger.run()
    purge = world.operation(operation)
    assert purge.state == "accepted"
    assert purge.error == "region RegionOne is not in [cloud]"


def test_a_backup_goes_by_what_is_told_of_it(world, purger, team):
    """No listing has backups, and nobody is asked for one."""
    world.told("backup", "b1", team)
    operation = world.teams.purge(ADMIN, team)
    purge = purger.finish(operation)
    assert purge.state == "done"
    assert world.resource("backup", "b1").ended


@pytest.mark.parametrize("service", ["block-storage", "network"])
def test_a_service_that_is_away_is_not_empty(world, purger, team, service):
    """Nothing is taken for deleted because nobody answers for it."""
    world.told("backup", "b1", team)
    operation = world.teams.purge(ADMIN, team)
    world.simulator.services.pop(service)
    world.simulator.expire_tokens()
    purger.runs(10)
    purge = world.operation(operation)
    assert purge.state == "accepted"
    assert service in purge.error
    assert team in world.site.projects
    kept = "backup", "b1"
    if service == "network":
        kept = "network", next(iter(owned(world, team)["network"]))
    assert not world.resource(*kept).ended


@pytest.fixture
def two(world):
    """Two empty teams that are to go."""
    ids = [world.teams.create(ADMIN, f"CM_{name}").id for name in ("a", "b")]
    world.learn(*KINDS)
    for team_id in ids:
        world.teams.purge(ADMIN, team_id)
    return ids


def test_a_mistake_in_one_stops_no_other(two, purger, monkeypatch):
    read = purges.ledger_remains

    def mistaken(ledger, region, project_id):
        if project_id == two[0]:
            raise ArithmeticError("not as foreseen")
        return read(ledger, region, project_id)

    monkeypatch.setattr(purges, "ledger_remains", mistaken)
    assert counts(purger.run())["done"] == 1


def test_an_outage_is_the_error_of_no_purge(two, world, purger, monkeypatch):
    def away(step):
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(purge_step.PurgeStep, "_delete_next", away)
    with pytest.raises(Unavailable):
        purger.run()
    rows = world.services.operations.list(EVERY_PROJECT, Listing()).rows
    assert [(row.state, row.looks) for row in rows[:2]] == [
        ("accepted", 0)
    ] * 2
