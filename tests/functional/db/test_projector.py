"""The projector on a database: what changed is shown, and nothing else is
touched."""

import dataclasses as dc
import logging
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from concertim_api.db.view import tables as view
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import project
from concertim_api.domain.view.model import Rules
from concertim_api.domain.view.ours import Rule
from concertim_api.services.view.projector import Projector
from tests.functional.db.clouds import OURS


def test_a_stack_becomes_a_rack_with_its_devices(world):
    world.project()
    world.tell("flavor", "f1", shape={"vcpus": 2}, details={"name": "small"})
    world.tell("user", "u1", details={"name": "ann"}, project_id=None)
    world.tell("network", "n1", details={"name": "inner"})
    world.tell(
        "volume",
        "v1",
        shape={"size_gb": 1},
        details={"name": "data", "encrypted": False},
    )
    world.server("s1")
    world.tell(
        "port",
        "port1",
        shape={"network_id": "n1"},
        details={"device_id": "s1", "addresses": ["10.0.0.5"]},
    )
    world.tell(
        "floating_ip",
        "fip1",
        details={"port_id": "port1", "address": "203.0.113.7"},
    )
    world.stack("c1", "instance/s1", "volume/v1", "network/n1", "stack/nested")
    outcome = world.run()
    assert (outcome.outcome, outcome.error) == ("done", "")
    assert (outcome.wakes, outcome.more) == (("push",), False)
    [rack] = world.shown("rack").values()
    assert (rack.id, rack.kind, rack.name) == ("c1", "stack", "c1")
    assert rack.height_u == 42
    devices = world.shown("device", rack_id="c1")
    assert {d.type for d in devices.values()} == {
        "Instance",
        "Volume",
        "Network",
    }
    assert {d.rack_id for d in devices.values()} == {"c1"}
    server = devices["s1"]
    assert (devices["v1"].start_u, server.start_u) == (1, 3)
    assert '"public_ips":["203.0.113.7"]' in server.body
    assert '"private_ips":["10.0.0.5"]' in server.body
    assert '"networks":["inner"]' in server.body
    assert set(world.shown("team")) == {OURS}
    assert set(world.shown("template")) == {"f1"}
    assert set(world.shown("user")) == {"u1"}
    assert not world.store.projection.is_stale()
    assert world.run().idle


def test_only_what_differs_is_written(world):
    world.rack("s1", "s2")
    world.server("s1", shape={"state": "stopped"})
    outcome = world.run()
    assert (outcome.summary["racks"], outcome.summary["written"]) == (1, 1)
    [one, other] = world.shown("device").values()
    assert (one.generation, other.generation) == (2, 1)
    assert one.status == "STOPPED"
    world.server("s1", shape={"state": "stopped"}, details={"host": "h2"})
    assert world.run().summary["written"] == 0


def test_what_is_not_ours_is_not_shown(world):
    world.project("other", "somebody")
    world.server("s1", project_id="other")
    world.stack("c1", "instance/s1", project_id="other")
    world.settle()
    assert world.shown("rack") == world.shown("team") == {}
    assert world.asked() == set()
    world.project("other", "CM_other")
    world.settle()
    assert set(world.shown("rack")) == {"c1"}
    assert set(world.shown("device")) == {"s1"}
    assert set(world.shown("team")) == {"other"}
    world.project("other", "gone private")
    world.settle()
    assert world.shown("rack") == world.shown("device") == {}
    assert world.shown("team") == {}


def test_many_racks_of_a_project_come_and_go_in_small_steps(world):
    names = [f"c{n:02}" for n in range(12)]
    for name in names:
        world.server(f"s-{name}")
        world.stack(name, f"instance/s-{name}")
    world.settle(3)
    world.answer()
    world.project()
    world.settle(3)
    assert set(world.shown("rack")) == set(names)
    assert len(world.shown("device")) == 12
    world.project(called="not ours")
    world.settle(3)
    assert world.shown("rack") == world.shown("device") == {}


def test_a_device_that_goes_leaves_its_rack(world):
    world.rack("s1", "s2")
    world.tell("instance", "s1", "gone")
    world.settle()
    assert set(world.shown("device")) == {"s2"}
    assert world.shown("device")["s2"].start_u == 3
    assert world.store.view.find("rack", "c1")[0].generation == 2


def test_a_stack_that_goes_takes_all_with_it(world):
    world.rack("s1")
    world.tell("stack", "c1", "gone")
    world.settle()
    assert world.shown("rack") == world.shown("device") == {}
    world.server("s1", shape={"state": "stopped"})
    assert world.run().summary["racks"] == 0


def test_a_device_comes_back_to_its_slot(world):
    world.rack("s1", "s2")
    slots = {d.id: d.start_u for d in world.shown("device").values()}
    world.tell("instance", "s1", "absent")
    world.settle()
    assert set(world.shown("device")) == {"s2"}
    world.server("s1")
    world.settle()
    assert {d.id: d.start_u for d in world.shown("device").values()} == slots
    kept = world.store.view.slots([Ref("north", "stack", "c1")])
    assert sorted((p.resource_id, p.start_u, p.height_u) for p in kept) == [
        ("c1", 1, 42),
        ("s1", slots["s1"], 2),
        ("s2", slots["s2"], 2),
    ]


def test_an_address_that_goes_is_seen_where_it_was(world):
    world.rack("s1")
    world.tell("port", "port1", details={"device_id": "s1"})
    world.settle()
    assert "203" not in world.shown("device")["s1"].body
    address = {"address": "203.0.113.7", "port_id": "port1"}
    world.tell("floating_ip", "fip1", details=address)
    world.settle()
    assert '"public_ips":["203.0.113.7"]' in world.shown("device")["s1"].body
    world.tell("floating_ip", "fip1", details={**address, "port_id": ""})
    world.settle()
    assert '"public_ips":[]' in world.shown("device")["s1"].body
    world.tell("floating_ip", "fip1", details=address)
    world.settle()
    world.tell("floating_ip", "fip1", "gone")
    world.settle()
    assert '"public_ips":[]' in world.shown("device")["s1"].body


def test_a_port_that_moves_changes_both_racks(world):
    world.project()
    port = {"addresses": ["10.0.0.9"]}
    for name in ("s1", "s2"):
        world.server(name)
        world.stack(f"c-{name}", f"instance/{name}")
    world.tell("port", "port1", details={**port, "device_id": "s1"})
    world.settle()
    world.tell("port", "port1", details={**port, "device_id": "s2"})
    world.settle()
    bodies = {d.id: d.body for d in world.shown("device").values()}
    assert '"private_ips":[]' in bodies["s1"]
    assert '"private_ips":["10.0.0.9"]' in bodies["s2"]


def test_an_attached_volume_is_told_of_its_server(world):
    world.rack("s1")
    world.tell("volume", "v9", shape={"attached_to": ["s1"]})
    world.settle()
    assert '"volume_details":["v9"]' in world.shown("device")["s1"].body
    assert set(world.shown("device")) == {"s1"}
    world.tell("volume", "v9", shape={"attached_to": []})
    world.settle()
    assert '"volume_details":[]' in world.shown("device")["s1"].body


def test_a_device_that_two_stacks_list_is_in_the_younger(world):
    world.project()
    world.server("s1")
    world.stack("old", "instance/s1")
    world.settle()
    world.stack("young", "instance/s1")
    world.settle()
    assert world.shown("device")["s1"].rack_id == "young"
    world.stack("old", "instance/s1", description="again")
    world.settle()
    assert world.shown("device")["s1"].rack_id == "young"
    assert '"device_count":0' in world.shown("rack")["old"].body
    world.tell("stack", "young", "gone")
    world.settle()
    assert world.shown("device")["s1"].rack_id == "old"


@pytest.mark.parametrize("limit", [1, 500])
def test_the_order_of_the_telling_makes_no_difference(world, limit):
    world.stack("c1", "instance/s1", "network/n1")
    world.settle(limit)
    world.server("s1")
    world.settle(limit)
    world.tell("network", "n1", details={"name": "inner"})
    world.project()
    world.settle(limit)
    assert set(world.shown("device")) == {"s1", "n1"}


def test_two_racks_of_a_project_have_two_names(world):
    world.project()
    for name in ("c1", "c2", "c3"):
        world.stack(name)
        world.tell("stack", name, details={"name": "same"})
    world.settle()
    names = {row.name for row in world.shown("rack").values()}
    assert len(names) == 3
    assert "same" in names
    again = {row.id: row.name for row in world.shown("rack").values()}
    world.tell("stack", "c2", details={"description": "more"})
    world.settle()
    assert again == {r.id: r.name for r in world.shown("rack").values()}


def test_a_broken_rack_stops_no_other(world, monkeypatch, caplog):
    world.project()
    world.stack("good")
    world.stack("bad")
    world.settle()
    whole = project.project_rack

    def broken(stack, *rest):
        if stack.ref.id == "bad":
            raise RuntimeError("no")
        return whole(stack, *rest)

    monkeypatch.setattr(project, "project_rack", broken)
    for name in ("bad", "good"):
        world.tell("stack", name, details={"description": "new"})
    failures = [run for run in world.settle() if run.outcome == "partial"]
    assert [run.error for run in failures] == ["1 can't be shown"]
    assert "Stack bad of north can't be shown" in caplog.text
    racks = world.shown("rack")
    assert '"description":""' in racks["bad"].body
    assert '"description":"new"' in racks["good"].body


def test_other_rules_make_the_view_anew(world, store, caplog):
    world.project("other", "somebody")
    world.stack("c1", project_id="other")
    with caplog.at_level(logging.INFO):
        world.settle()
        everybody = Rules(projects=(Rule("all"),), rack_height_u=10)
        Projector(store.projection, world.clock, everybody).run()
    assert [r.getMessage() for r in caplog.records] == [
        "The view is built for the first time",
        "The view is built again: its rules have changed",
    ]
    assert world.shown("rack")["c1"].height_u == 10
    Projector(store.projection, world.clock, world.rules).run()
    assert world.shown("rack") == {}


# What is lacking


def test_a_stack_of_unknown_place_is_asked_for(world):
    world.project()
    world.tell("stack", "c1", details={"state": "CREATE_IN_PROGRESS"})
    outcome = world.run()
    assert (outcome.summary["asked"], outcome.wakes) == (
        1,
        ("push", "refresh"),
    )
    assert world.asked() == {("stack", "c1")}
    assert world.shown("rack") == {}
    world.stack("c1")
    world.answer()
    world.settle()
    assert set(world.shown("rack")) == {"c1"}
    assert world.asked() == set()


def test_a_changed_stack_is_read_again(world):
    world.rack()
    assert world.asked() == set()
    world.tell("stack", "c1", details={"state": "UPDATE_COMPLETE"})
    world.settle()
    assert world.asked() == {("stack", "c1")}


def test_a_stack_within_a_stack_has_the_root_read_again(world):
    world.project()
    world.stack("c1", "stack/inner")
    world.settle()
    world.tell("stack", "inner", details={"parent": "c1"})
    world.tell("stack", "deeper", details={"parent": "inner"})
    world.settle()
    assert world.asked() == {("stack", "c1")}
    world.answer()
    world.stack("c1", "stack/inner", "stack/deeper")
    world.settle()
    assert world.asked() == set()
    assert set(world.shown("rack")) == {"c1"}
    world.tell("stack", "deeper", "gone")
    world.settle()
    assert world.asked() == {("stack", "c1")}


def test_the_outputs_of_a_listed_stack_are_asked_for_once(world):
    world.project()
    world.stack("c1", key="listing/1")
    world.settle()
    assert world.asked() == {("stack", "c1")}
    world.answer()
    world.stack("c1")  # a cloud that does not tell them
    world.settle()
    assert world.asked() == set()
    world.stack("c2", key="listing/2", outputs={})
    world.settle()
    assert world.asked() == set()


def test_what_cinder_does_not_notify_of_is_asked_for_once(world):
    world.project()
    world.tell("volume", "v1", details={"state": "creating"})
    world.tell("volume", "elsewhere", details={"state": "creating"})
    world.stack("c1", "volume/v1")
    world.settle()
    assert world.asked() == {("volume", "v1")}
    world.answer()
    world.tell("volume", "v1", key="look/v1", details={"encrypted": False})
    world.tell("volume", "v1", details={"state": "available"})
    world.settle()
    assert world.asked() == set()


def test_a_device_in_no_rack_has_the_stacks_at_work_asked(world):
    world.project()
    world.stack("busy", state="CREATE_IN_PROGRESS")
    world.stack("idle")
    world.settle()
    world.server("s1")
    world.settle()
    assert world.asked() == {("stack", "busy")}
    world.answer()
    world.server("s2", project_id="other")
    world.settle()
    assert world.asked() == set()


def test_who_has_no_name_is_asked_for(world):
    for kind in ("project", "user"):
        world.tell(kind, "x", details={"enabled": True}, project_id=None)
    world.settle()
    assert world.asked() == {("project", "x"), ("user", "x")}
    assert world.shown("user") == {}


def test_a_project_that_nobody_told_of_is_asked_for(world):
    world.stack("c1")
    world.settle()
    assert world.asked() == {("project", OURS)}


def test_what_an_answer_does_not_bring_is_not_asked_for_again(world):
    world.tell("project", "x", details={"enabled": True}, project_id=None)
    world.project()
    world.tell("stack", "unknown", details={"state": "CREATE_COMPLETE"})
    world.tell("stack", "c1", details={"state": "CREATE_COMPLETE"})
    world.tell("stack", "c1", details={"parent": ""})
    world.server("s1")
    world.settle()
    assert world.asked() == {
        ("project", "x"),
        ("stack", "unknown"),
        ("stack", "c1"),
    }
    world.answer()
    assert [found.summary["asked"] for found in world.settle()] == [0] * 30
    assert world.asked() == set()


def test_an_answer_raises_no_question(world):
    """Neither one of a stack at work, which has no ``read_at``, nor one
    whose outputs were read after its resources."""
    world.project()
    world.tell("stack", "c1", details={"state": "CREATE_IN_PROGRESS"})
    world.settle()
    assert world.asked() == {("stack", "c1")}
    world.answer()
    world.stack("c1", "instance/s1", read_at=None, state="CREATE_IN_PROGRESS")
    world.settle()
    assert world.asked() == set()
    world.tell("stack", "c1", details={"state": "CREATE_COMPLETE"})
    world.settle()
    assert world.asked() == {("stack", "c1")}
    world.answer()
    read_at = (world.clock.moment - timedelta(seconds=1)).isoformat()
    world.stack("c1", "instance/s1", read_at=read_at)
    world.server("s1")
    world.settle()
    assert world.asked() == set()
    assert set(world.shown("device")) == {"s1"}


def test_a_report_from_the_future_is_asked_for_when_it_comes(world, at):
    world.rack()
    ahead = dc.replace(
        world.observation("stack", "c1", details={"state": "UPDATE_COMPLETE"}),
        reported_at=world.clock.moment + timedelta(seconds=20),
    )
    world.recorder.record([ahead])
    world.settle()
    assert world.store.refreshes.due(world.clock.moment, 9) == []
    [due] = world.store.refreshes.due(ahead.reported_at, 9)
    assert due.ref.id == "c1"


# The cost


@pytest.mark.parametrize(("racks", "servers"), [(1, 1), (10, 30)])
def test_statements(world, statements, racks, servers):
    world.run()
    world.some(racks, servers)
    del statements[:]
    found = world.run(10000)
    assert found.summary["racks"] == racks
    assert found.summary["written"] >= racks * servers
    assert len(statements) <= 35
    del statements[:]
    assert not world.run().more
    assert len(statements) == 1


def test_a_stack_of_3000(world, store):
    world.some(1, 3000)
    world.settle(1000)
    assert len(world.shown("device")) == 3001
    [rack] = world.shown("rack").values()
    assert "no slot" in rack.body
    with store.engine.connect() as connection:
        rows = connection.execute(
            sa.select(sa.func.count()).select_from(view.members)
        ).scalar()
    assert rows == 9001


def test_a_megabyte_of_outputs(world):
    """As much as the ledger takes of one stack, the view takes, too."""
    world.project()
    outputs = {"key": "ä%'\\" * 140_000}
    members = [f"instance/s{n}" for n in range(1000)]
    world.stack("c1", *members, outputs=outputs)
    world.settle()
    [rack] = world.shown("rack").values()
    assert orjson.loads(rack.body)["outputs"] == outputs
    world.tell("stack", "c1", details={"description": "more"})
    world.settle()
    assert world.shown("rack")["c1"].generation == 2
