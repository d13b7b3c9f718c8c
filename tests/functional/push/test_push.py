"""What the view shows, the front end shows: each change by one request."""

import dataclasses as dc
from datetime import timedelta

import pytest

from concertim_api.domain.billing.orders import STACK_TAG
from concertim_api.services.billing.orders import AgentOrders, Orders
from concertim_api.services.common.listing import EVERY_PROJECT
from concertim_api.services.jobs.job import Call

LARGE = {"id": "f2", "name": "large", "vcpus": 6, "ram_mb": 8192}


def changed(model, row, **columns):
    """Let somebody change a row of the front end."""
    with model.lock:
        model.put(dc.replace(row, **columns))


def test_a_cluster_arrives_typed(site):
    site.founded().cluster(
        outputs={"web_access": "https://c1.example/", "nodes": 2},
        user_name="ann",
        state_reason="Stack CREATE completed successfully",
    ).shows()
    assert site.push() == {"created": 6, "surveys": 1}
    there = site.there()
    small = there["templates"]["small"]
    assert (small["vcpus"], small["ram"], small["disk"]) == (2, 2048, None)
    assert (small["foreign_id"], small["height"]) == ("f1", 2)
    rack = there["racks"]["one/c1"]
    assert rack["metadata"] == {
        "openstack_stack_id": "c1",
        "openstack_stack_owner": "ann",
        "openstack_stack_owner_id": "p1",
        "openstack_stack_output": {
            "web_access": "https://c1.example/",
            "nodes": 2,
        },
        "stack_status_reason": "Stack CREATE completed successfully",
    }
    assert rack["creation_output"] == (
        "nodes=2, web_access=https://c1.example/"
    )
    assert (rack["status"], rack["u_height"]) == ("ACTIVE", 42)
    server = there["devices"]["one/c1/c1-s0"]
    assert server["template"] == "small"
    assert server["location"]["start_u"] == 1
    assert server["volume_details"] == {}
    assert there["devices"]["one/c1/c1-v"]["size"] == 5
    network = there["devices"]["one/c1/c1-n"]
    assert (network["mtu"], network["location"]["start_u"]) == (1442, 42)


def test_what_is_sent_is_typed(site):
    """Numbers, flags and objects as such: the app coerces nothing."""
    site.founded().cluster().shows().push()
    bodies = {e.path: e.body for e in site.app.requests if e.method == "POST"}
    template = bodies["/api/v1/templates"]["template"]
    assert (template["vcpus"], template["height"]) == (2, 2)
    assert "disk" not in template
    rack = bodies["/api/v1/racks"]["rack"]
    assert (rack["u_height"], rack["order_id"]) == (42, "c1")
    nodes = [e.body["device"] for e in site.app.requests if "nodes" in e.path]
    by_type = {node["type"]: node for node in nodes}
    assert by_type["Network"]["details"] == {
        "type": "Device::NetworkDetails",
        "mtu": 1442,
    }
    assert by_type["Volume"]["details"]["size"] == 5
    assert by_type["Instance"]["location"]["facing"] == "f"
    assert by_type["Instance"]["metadata"]["net_interfaces"] == []


def test_nothing_is_written_twice(pushed):
    for _ in range(5):
        assert pushed.later(seconds=30).push() == {}
    assert list(pushed.app.requests) == []
    assert pushed.push(look=True) == {"unchanged": 6, "surveys": 1}
    pushed.pusher = pushed.new_pusher()
    assert pushed.push() == {"unchanged": 6, "surveys": 1}
    assert pushed.writes() == []


def test_one_change_is_one_request(pushed):
    pushed.stops("c1-s0")
    assert pushed.push() == {"updated": 1}
    [request] = pushed.app.requests
    assert request.method == "PATCH"
    assert request.body == {"device": {"status": "STOPPED"}}
    assert pushed.there()["devices"]["one/c1/c1-s0"]["status"] == "STOPPED"


def test_a_change_that_was_undone_is_no_request(pushed):
    for state in ("stopped", "active"):
        pushed.server("c1-s0", shape={"state": state})
        pushed.shows()
    assert pushed.push() == {"unchanged": 1}
    assert pushed.writes() == []


def test_metadata_of_others_stays(pushed):
    """A row's metadata are replaced as a whole: they are merged before."""
    model = pushed.app.model
    [rack] = model.racks.values()
    changed(model, rack, metadata={**rack.metadata, "ticket": "HPC-7"})
    [device] = [d for d in model.devices.values() if d.name == "c1-s0"]
    asset = {**device.metadata, "asset": {"tag": 12}}
    changed(model, device, metadata=asset)
    pushed.push(look=True)
    assert pushed.writes() == []
    pushed.stack("c1", *_members(), state_reason="updated")
    pushed.server("c1-s0", details={"name": "renamed"})
    pushed.shows()
    assert pushed.push()["updated"] == 2
    there = pushed.there()
    metadata = there["racks"]["one/c1"]["metadata"]
    assert metadata["ticket"] == "HPC-7"
    assert metadata["stack_status_reason"] == "updated"
    assert there["devices"]["one/c1/renamed"]["metadata"]["asset"] == {
        "tag": 12
    }


def _members(*servers):
    servers = servers or ("c1-s0", "c1-s1")
    return (
        *(f"instance/{name}" for name in servers),
        "volume/c1-v",
        "network/c1-n",
    )


def test_a_stack_that_is_gone_goes_children_first(pushed):
    for name in ("c1-s0", "c1-s1"):
        pushed.tell("instance", name, "gone")
    pushed.tell("volume", "c1-v", "gone")
    pushed.tell("network", "c1-n", "gone")
    pushed.tell("stack", "c1", "gone")
    pushed.shows()
    assert pushed.push() == {"deleted": 5}
    writes = pushed.writes()
    assert [w.split("/")[3] for w in writes] == ["devices"] * 4 + ["racks"]
    assert not any("recurse" in write for write in writes)
    assert pushed.there()["racks"] == {}
    assert len(pushed.pushes()) == 1  # the template


def test_a_new_thing_may_have_the_name_of_an_old_one(pushed):
    """Heat replaces a server by another of the same name, in its slot."""
    pushed.tell("instance", "c1-s0", "gone")
    pushed.server("c1-s9", details={"name": "c1-s0"})
    pushed.stack("c1", *_members("c1-s9", "c1-s1"))
    pushed.shows()
    assert pushed.push() == {"created": 1, "deleted": 1}
    assert [w.split()[0] for w in pushed.writes()] == ["DELETE", "POST"]
    server = pushed.there()["devices"]["one/c1/c1-s0"]
    assert server["metadata"]["openstack_instance_id"] == "c1-s9"
    assert server["location"]["start_u"] == 1


def test_a_new_cluster_may_have_the_name_of_an_old_one(pushed):
    pushed.tell("stack", "c1", "gone")
    for name in ("c1-s0", "c1-s1"):
        pushed.tell("instance", name, "gone")
    pushed.server("c2-s0")
    pushed.renamed_stack("c2", "c1", "instance/c2-s0")
    pushed.shows()
    counts = pushed.push()
    assert (counts["created"], counts["deleted"]) == (2, 5)
    assert "failed" not in counts
    [rack] = pushed.there()["racks"].values()
    assert rack["name"] == "c1"
    assert rack["metadata"]["openstack_stack_id"] == "c2"


def test_a_resized_server_is_made_anew(pushed):
    """A device can't change its template, nor a template its height."""
    pushed.flavor("f2", **LARGE, disk_gb=20)
    pushed.server("c1-s0", shape={"flavor": LARGE})
    pushed.shows()
    assert pushed.push() == {"created": 1, "replaced": 1, "unchanged": 1}
    server = pushed.there()["devices"]["one/c1/c1-s0"]
    assert server["template"] == "large"
    place = server["location"]
    assert place["end_u"] - place["start_u"] == 3


def test_a_volume_that_moves_to_another_cluster(site):
    site.founded().cluster("c1").cluster("c2").shows().push()
    site.writes()
    site.stack("c1", "instance/c1-s0", "instance/c1-s1", "network/c1-n")
    site.stack(
        "c2",
        "instance/c2-s0",
        "instance/c2-s1",
        "volume/c2-v",
        "volume/c1-v",
        "network/c2-n",
    )
    site.shows()
    assert site.push() == {"replaced": 1, "unchanged": 2}
    assert "one/c2/c1-v" in site.there()["devices"]
    assert "one/c1/c1-v" not in site.there()["devices"]


def test_names_that_change_places(pushed):
    """Neither name is free: one steps aside for a moment."""
    pushed.server("c1-s0", details={"name": "c1-s1"})
    pushed.server("c1-s1", details={"name": "c1-s0"})
    pushed.shows()
    names = {row.id: row.name for row in pushed.shown("device").values()}
    pushed.push()
    there = {
        d["metadata"]["openstack_instance_id"]: d["name"]
        for d in pushed.there()["devices"].values()
    }
    assert there == names
    assert pushed.pushes(state="failing") == []


def test_a_cluster_that_is_adopted_by_a_stack_of_its_name(pushed):
    """The old rack has the name that the new one wants, and is not empty
    until the new one is there."""
    pushed.tell("stack", "c1", says="gone")
    pushed.renamed_stack("c9", "c1", "instance/c1-s0", "instance/c1-s1")
    pushed.shows().push(accept_deletes=True)
    there = pushed.there()
    assert [rack["order_id"] for rack in there["racks"].values()] == ["c9"]
    assert there["devices"].keys() == {"one/c1/c1-s0", "one/c1/c1-s1"}
    assert pushed.pushes(state="failing") == []


def test_slots_that_somebody_changed_are_put_right(pushed):
    """Two devices were moved by hand to each other's places."""
    devices = pushed.app.model.devices.values()
    first, second = (d for d in devices if d.type == "Instance")
    before, model = pushed.there(), pushed.app.model
    changed(model, first, start_u=second.start_u)
    changed(model, second, start_u=first.start_u)
    counts = pushed.push(look=True)
    assert (counts["updated"], counts["unchanged"]) == (2, 4)
    assert len(pushed.writes()) == 3  # one device stepped aside
    assert pushed.there() == before


def test_what_somebody_deleted_comes_back(pushed):
    before = pushed.there()
    model = pushed.app.model
    [rack] = model.racks.values()
    model.drop(rack)
    assert pushed.push(look=True) == {
        "created": 5,
        "unchanged": 1,
        "surveys": 1,
    }
    assert pushed.there() == before


def test_what_is_deleted_under_our_hands_comes_back(pushed):
    model = pushed.app.model
    [gone] = [d for d in model.devices.values() if d.name == "c1-s0"]
    model.drop(gone)
    pushed.stops("c1-s0")
    counts = pushed.push()
    assert (counts["created"], counts["surveys"]) == (1, 1)
    assert counts["waiting"] == 1
    assert pushed.there()["devices"]["one/c1/c1-s0"]["status"] == "STOPPED"


def test_a_rack_that_is_deleted_under_our_hands_comes_back(pushed):
    """The app breaks at a device that is to be in it: it is looked for."""
    model = pushed.app.model
    [rack] = model.racks.values()
    model.drop(rack)
    pushed.server("c1-s9")
    pushed.stack("c1", *_members("c1-s0", "c1-s1", "c1-s9"))
    pushed.shows()
    counts = pushed.push()
    assert (counts["surveys"], counts["created"]) == (1, 6)
    assert "failed" not in counts
    assert len(pushed.there()["devices"]) == 5
    assert pushed.push() == {}


def test_many_devices_of_a_rack_that_is_gone_do_not_stop_the_rest(pushed):
    """They are no sign that the app breaks at everything."""
    model = pushed.app.model
    [rack] = model.racks.values()
    model.drop(rack)
    names = [f"c1-s{n}" for n in range(10, 20)]
    for name in names:
        pushed.server(name)
    pushed.stack("c1", *_members("c1-s0", "c1-s1", *names))
    pushed.cluster("c2").shows()
    counts = pushed.push()
    assert "failed" not in counts
    assert len(pushed.there()["devices"]) == 14 + 4


def test_a_change_that_was_refused_by_half_is_taken_back(pushed):
    """The app keeps a status though it refuses the place. When the view has
    the former status again, that is written."""
    model = pushed.app.model
    [rack] = model.racks.values()
    [server] = [d for d in model.devices.values() if d.name == "c1-s0"]
    changed(model, server, start_u=30)
    pushed.app.seed.device(rack, "theirs", start_u=server.start_u)
    pushed.stops("c1-s0")
    assert pushed.push(look=True)["failed"] == 1
    assert model.devices[server.id].status == "STOPPED"
    pushed.server("c1-s0", shape={"state": "active"})
    pushed.shows()
    assert pushed.push()["failed"] == 1
    assert model.devices[server.id].status == "ACTIVE"
    [push] = pushed.pushes(state="failing")
    assert push.error == "start_u: is occupied"


def test_a_full_rack_grows_before_its_devices_come(site):
    site.founded()
    names = [f"s{n}" for n in range(30)]
    for name in names:
        site.server(name)
    site.stack("c1", *(f"instance/{n}" for n in names))
    site.shows().push()
    assert site.there()["racks"]["one/c1"]["u_height"] == 60
    more = [f"t{n}" for n in range(10)]
    for name in more:
        site.server(name)
    site.stack("c1", *(f"instance/{n}" for n in names + more))
    site.shows()
    counts = site.push()
    there = site.there()
    assert there["racks"]["one/c1"]["u_height"] == 72
    assert len(there["devices"]) == 36
    assert counts["failed"] == 4
    [why] = {p.error for p in site.pushes(state="failing")}
    assert why == "its rack has no slot for it"


def test_a_rack_that_is_higher_there_stays_so(pushed):
    [rack] = pushed.app.model.racks.values()
    changed(pushed.app.model, rack, u_height=60)
    assert pushed.push(look=True) == {"unchanged": 6, "surveys": 1}
    assert pushed.writes() == []


def test_a_value_that_is_not_kept_is_sent_once(pushed):
    """That is said, and the same value is not sent again."""
    original = pushed.app.show.device
    pushed.app.show.device = lambda d, **k: (
        {**original(d, **k), "mtu": 1500}
        if d.type == "Network"
        else original(d, **k)
    )
    details = {"name": "c1-n", "mtu": 9000}
    pushed.tell("network", "c1-n", shape={"state": "ACTIVE"}, details=details)
    pushed.shows()
    assert pushed.push() == {"updated": 1}
    [push] = pushed.pushes(resource_id="c1-n")
    assert (push.state, push.error) == ("pushed", "not kept there: details")
    pushed.writes()
    pushed.push(look=True)
    assert pushed.writes() == []


def test_a_flavor_that_is_gone_is_kept_while_it_is_used(pushed):
    pushed.tell("flavor", "f1", "gone")
    pushed.shows()
    assert pushed.push() == {"kept": 1}
    assert pushed.writes() == []
    [kept] = pushed.pushes(state="kept")
    assert kept.error == "devices of it are still shown"
    for name in ("c1-s0", "c1-s1"):
        pushed.tell("instance", name, "gone")
    pushed.stack("c1", "volume/c1-v", "network/c1-n")
    pushed.shows().push()
    assert pushed.push(look=True)["deleted"] == 1
    assert "small" not in pushed.there()["templates"]


def test_a_flavor_of_the_same_name_gets_another(pushed):
    pushed.tell("flavor", "f1", "gone")
    pushed.flavor("f1-anew", "small")
    pushed.shows()
    assert pushed.push() == {"created": 1, "kept": 1}
    assert {"small", "small-f1-anew"} & set(pushed.there()["templates"])
    assert len(pushed.there()["templates"]) == 4


@pytest.mark.parametrize("name", ["network", "volume", "by hand"])
def test_a_flavor_may_be_called_as_a_template_of_theirs(site, name):
    site.app.seed.template("by hand")
    site.founded().flavor("f7", name)
    site.shows()
    assert site.push()["created"] == 2
    assert site.pushes(state="failing") == []


def test_a_server_whose_flavor_is_not_listed_is_shown(site):
    """Of a flavor that was deleted before we came, servers tell the size."""
    site.founded()
    gone = {"name": "old", "vcpus": 4, "ram_mb": 512, "disk_gb": 3}
    site.server("s1", shape={"flavor": gone})
    site.server("s2", shape={"flavor": {**gone, "id": "f-old"}})
    site.stack("c1", "instance/s1", "instance/s2")
    site.shows()
    assert site.push()["created"] == 6
    there = site.there()
    assert there["devices"]["one/c1/s1"]["location"]["end_u"] == 3
    old = [t for t in there["templates"].values() if t["vcpus"] == 4]
    assert [(t["ram"], t["disk"]) for t in old] == [(512, 3)] * 2
    site.writes()
    assert site.push(look=True)["kept"] == 2
    assert site.writes() == []


def test_a_project_without_a_team_waits_for_one(site):
    site.app.model.teams.clear()
    site.founded().cluster().shows()
    assert site.push() == {"created": 1, "failed": 5, "surveys": 1}
    [rack] = site.pushes(noun="rack")
    assert rack.error == "the front end has no team of project p1"
    site.app.seed.team("one", "p1")
    assert site.later(minutes=11).push()["created"] == 5
    assert len(site.there()["devices"]) == 4


def test_devices_come_at_once_when_their_rack_does(site):
    """However long they have waited in vain."""
    site.app.model.teams.clear()
    site.founded().cluster().shows().push()
    for _ in range(6):
        site.later(minutes=11).push()
    site.app.seed.team("one", "p1")
    [rack] = site.pushes(noun="rack")
    site.store.bindings.retry(site.clock.now(), rack.id)
    site.later(seconds=31)
    assert site.push()["created"] == 5


def test_without_an_order_the_id_is_absent(site):
    site.options["order_ids"] = "billing"
    site.pusher = site.new_pusher()
    site.founded().cluster().shows()
    counts = site.push()
    assert (counts["created"], counts["failed"]) == (1, 5)
    [request] = [
        e for e in site.app.requests if e.path == "/api/v1/racks" and e.body
    ]
    assert "order_id" not in request.body["rack"]
    [rack] = site.pushes(noun="rack")
    assert rack.error == "order_id: can't be blank"


@pytest.mark.parametrize("app", ["hours"], indirect=True)
def test_the_later_flavour(site):
    site.founded().cluster(outputs={"concertim_cluster_type": "slurm"})
    site.shows()
    assert site.push() == {"created": 6, "surveys": 1}
    [request] = [
        e for e in site.app.requests if e.path == "/api/v1/racks" and e.body
    ]
    rack = request.body["rack"]
    assert "order_id" not in rack
    assert rack["cluster_type_name"] == "slurm"
    assert rack["cloud_created_at"].startswith("2026-03-01T12:0")
    site.pusher = site.new_pusher()
    site.writes()
    assert site.push() == {"unchanged": 6, "surveys": 1}
    assert site.writes() == []


@pytest.mark.parametrize("app", ["hours"], indirect=True)
def test_a_cluster_of_no_type_says_why_it_waits(site):
    site.founded().cluster().shows()
    assert site.push()["failed"] == 5
    [rack] = site.pushes(noun="rack")
    assert "cluster_type" in rack.error


@pytest.mark.parametrize("app", ["orders", "hours"], indirect=True)
def test_no_hourly_cost_is_sent(site):
    """The later flavour lets it through, has no column for it, and breaks."""
    hourly = {"hourly_cost": "1.5"}
    site.founded().flavor("f1", "small", extra_specs=hourly)
    site.shows()
    assert site.push() == {"created": 1, "surveys": 1}
    [request] = [e for e in site.app.requests if "templates" in e.path][1:]
    assert "hourly_cost" not in request.body["template"]


def test_texts_that_are_too_long_are_cut(site):
    """One internal error of the app would be one device that is missing."""
    site.founded().server("c1-s0", details={"name": "a" * 151})
    site.server("c1-s1", details={"name": "é" * 300})
    site.stack("c1", *_members("c1-s0", "c1-s1"))
    site.shows()
    assert "failed" not in site.push()
    descriptions = {d.description for d in site.app.model.devices.values()}
    assert {"a" * 151, "é" * 254 + "…"} <= descriptions


# Orders.


@pytest.fixture
def billed(site, store):
    """The same site, whose teams are billed; returns what makes orders."""
    site.options["order_ids"] = "billing"
    site.pusher = site.new_pusher(orders=store.orders)
    orders = AgentOrders(
        store.accounts,
        store.orders,
        store.view,
        store.settlements,
        site.clock,
        timedelta(0),
    )
    site.founded().cluster().shows()

    def order():
        site.later(seconds=1)
        return orders.run(Call(site.clock.moment)).summary

    return order


def test_a_rack_is_pushed_with_its_order(site, store, billed):
    assert site.push()["failed"] == 5
    assert billed()["made"] == 1
    site.later(seconds=6)
    site.push()
    site.later(seconds=6)
    site.push()
    [order] = store.orders.open()
    [rack] = site.there()["racks"].values()
    assert rack["order_id"] == order.id
    assert {row.state for row in site.pushes()} == {"pushed"}
    site.writes()
    assert billed()["made"] == 0
    site.push()
    assert site.writes() == []


def test_the_order_of_a_caller_replaces_that_of_the_agent(site, store, billed):
    billed()
    site.push()
    [agents] = store.orders.open()
    orders = Orders(
        store.accounts, store.orders, store.view, store.ledger, site.clock
    )
    callers = orders.create(EVERY_PROJECT, agents.account_id)
    site.later(seconds=6)
    site.push()
    site.writes()
    orders.tag(EVERY_PROJECT, callers.id, STACK_TAG, agents.stack_id)
    site.push()
    [rack] = site.there()["racks"].values()
    assert rack["order_id"] == callers.id
    assert [w.split("/")[0] for w in site.writes()] == ["PATCH "]
