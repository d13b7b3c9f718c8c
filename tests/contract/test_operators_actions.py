"""What every operator promises of servers, volumes, networks and stacks:
see ``services.cloud.acting``."""

from __future__ import annotations

import pytest

from concertim_api.domain.errors import Conflict, Invalid, NotFound

PUBLIC = {"router:external": True}


@pytest.fixture
def operator(made):
    return made.cloud.actions()


@pytest.fixture
def project(made):
    return made.site.add_project("CM_astro")


@pytest.fixture
def busy(made):
    """Let the cloud accept what it is asked for, and not finish it."""
    made.simulator.delay = 86400


def look(made, kind, thing):
    """Return what a look shows of a thing: its end, or its fields."""
    return next(
        s.observation
        for s in made.cloud.look(kind, thing["id"])
        if s.observation.ref.id == thing["id"]
    )


# Servers


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("stopped", "start", "active"),
        ("active", "stop", "stopped"),
        ("active", "reboot", "active"),
        ("active", "suspend", "suspended"),
        ("suspended", "resume", "active"),
        ("active", "shelve", "shelved_offloaded"),
        ("shelved_offloaded", "unshelve", "active"),
    ],
)
def test_what_a_server_does(made, operator, project, before, action, after):
    server = made.site.add_server(project, "n1")
    server["OS-EXT-STS:vm_state"] = before
    operator.compute.act(server["id"], action)
    seen = look(made, "instance", server)
    assert seen.shape["state"] == after
    assert seen.details["task_state"] is None


def test_a_task_is_seen_while_it_runs(made, operator, project, busy):
    server = made.site.add_server(project, "n1")
    operator.compute.act(server["id"], "stop")
    seen = look(made, "instance", server)
    assert seen.shape["state"] == "active"
    assert seen.details["task_state"] == "powering-off"
    with pytest.raises(Conflict, match="powering-off"):
        operator.compute.act(server["id"], "stop")


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("active", "start"),
        ("stopped", "stop"),
        ("stopped", "reboot"),
        ("stopped", "suspend"),
        ("active", "resume"),
        ("active", "unshelve"),
    ],
)
def test_what_its_state_does_not_allow(made, operator, project, state, action):
    server = made.site.add_server(project, "n1")
    server["OS-EXT-STS:vm_state"] = state
    with pytest.raises(Conflict, match=state):
        operator.compute.act(server["id"], action)
    assert look(made, "instance", server).shape["state"] == state


def test_a_hard_reboot_starts_what_is_stopped(made, operator, project):
    server = made.site.add_server(project, "n1")
    server["OS-EXT-STS:vm_state"] = "stopped"
    operator.compute.act(server["id"], "reboot", hard=True)
    assert look(made, "instance", server).shape["state"] == "active"


def test_a_server_goes_with_its_ports_and_leaves_its_volumes(
    made, operator, project
):
    network = made.site.add_network(project, "inner")
    server = made.site.add_server(project, "n1", network=network)
    volume = made.site.add_volume(project, "data", server=server)
    operator.compute.delete_server(server["id"])
    assert look(made, "instance", server).says in ("gone", "absent")
    assert made.site.ports == {}
    seen = look(made, "volume", volume)
    assert seen.details["state"] == "available"
    assert seen.shape["attached_to"] == []
    with pytest.raises(NotFound):
        operator.compute.delete_server(server["id"])


def test_a_server_that_is_going_may_be_deleted_again(
    made, operator, project, busy
):
    server = made.site.add_server(project, "n1")
    operator.compute.delete_server(server["id"])
    operator.compute.delete_server(server["id"])
    seen = look(made, "instance", server)
    assert seen.details["task_state"] == "deleting"


def test_there_is_no_such_server(operator):
    for ask in (
        lambda: operator.compute.act("nobody", "stop"),
        lambda: operator.compute.delete_server("nobody"),
        lambda: operator.compute.detach_volume("nobody", "nothing"),
    ):
        with pytest.raises(NotFound, match="nobody"):
            ask()


# Volumes


def test_a_volume_is_detached(made, operator, project):
    server = made.site.add_server(project, "n1")
    volume = made.site.add_volume(project, "data", server=server)
    operator.compute.detach_volume(server["id"], volume["id"])
    seen = look(made, "volume", volume)
    assert seen.shape["attached_to"] == []
    assert seen.details["state"] == "available"
    with pytest.raises(NotFound, match="not attached"):
        operator.compute.detach_volume(server["id"], volume["id"])


def test_one_of_two_attachments(made, operator, project):
    first, second = (made.site.add_server(project, n) for n in ("a", "b"))
    volume = made.site.add_volume(project, "shared", server=first)
    volume["attachments"].append({"server_id": second["id"]})
    operator.compute.detach_volume(first["id"], volume["id"])
    seen = look(made, "volume", volume)
    assert seen.shape["attached_to"] == [second["id"]]
    assert seen.details["state"] == "in-use"


def test_a_volume_that_is_being_detached(made, operator, project, busy):
    server = made.site.add_server(project, "n1")
    volume = made.site.add_volume(project, "data", server=server)
    operator.compute.detach_volume(server["id"], volume["id"])
    assert look(made, "volume", volume).details["state"] == "detaching"
    with pytest.raises(Conflict):
        operator.compute.detach_volume(server["id"], volume["id"])


@pytest.mark.parametrize("attached", [False, True])
def test_a_volume_grows(made, operator, project, attached):
    server = made.site.add_server(project, "n1") if attached else None
    volume = made.site.add_volume(project, "data", 10, server)
    operator.storage.extend_volume(volume["id"], 20)
    seen = look(made, "volume", volume)
    assert seen.shape["size_gb"] == 20
    assert seen.details["state"] == ("in-use" if attached else "available")


@pytest.mark.parametrize("size_gb", [5, 10])
def test_a_volume_does_not_shrink(made, operator, project, size_gb):
    volume = made.site.add_volume(project, "data", 10)
    with pytest.raises(Invalid, match="10"):
        operator.storage.extend_volume(volume["id"], size_gb)
    assert look(made, "volume", volume).shape["size_gb"] == 10


def test_a_volume_that_is_busy_does_not_grow(made, operator, project):
    volume = made.site.add_volume(project, "data", 10, status="backing-up")
    with pytest.raises(Conflict, match="backing-up"):
        operator.storage.extend_volume(volume["id"], 20)


def test_a_volume_goes(made, operator, project):
    volume = made.site.add_volume(project, "data")
    operator.storage.delete_volume(volume["id"])
    assert look(made, "volume", volume).says == "absent"
    with pytest.raises(NotFound):
        operator.storage.delete_volume(volume["id"])


def test_a_volume_that_is_attached_stays(made, operator, project):
    server = made.site.add_server(project, "n1")
    volume = made.site.add_volume(project, "data", server=server)
    for force in (False, True):
        with pytest.raises(Conflict):
            operator.storage.delete_volume(volume["id"], force=force)
    assert look(made, "volume", volume).details["state"] == "in-use"


def test_a_volume_that_is_stuck_goes_by_force_only(made, operator, project):
    volume = made.site.add_volume(project, "data", status="error_deleting")
    volume["status"] = "creating"
    with pytest.raises(Conflict):
        operator.storage.delete_volume(volume["id"])
    operator.storage.delete_volume(volume["id"], force=True)
    assert look(made, "volume", volume).says == "absent"


def test_a_volume_with_snapshots_stays(made, operator, project):
    volume = made.site.add_volume(project, "data")
    made.site.add_snapshot(volume, "before")
    with pytest.raises(Conflict):
        operator.storage.delete_volume(volume["id"])
    assert look(made, "volume", volume).details["state"] == "available"


def test_there_is_no_such_volume(operator):
    for ask in (
        lambda: operator.storage.delete_volume("nothing"),
        lambda: operator.storage.delete_volume("nothing", force=True),
        lambda: operator.storage.extend_volume("nothing", 20),
    ):
        with pytest.raises(NotFound, match="nothing"):
            ask()


# Networks


def interface(made, network, router):
    return made.site.add_port(
        network,
        device_id=router["id"],
        device_owner="network:router_interface",
        project_id=router["project_id"],
    )


@pytest.fixture
def network(made, project):
    """A network with a router, a port that nobody holds, and Neutron's
    own."""
    network = made.site.add_network(project, "inner")
    made.site.add_port(network, device_id="dhcp", device_owner="network:dhcp")
    router = made.site.add_router(project, "way-out")
    interface(made, network, router)
    made.site.add_port(network, name="spare")
    return network


def test_a_network_goes_with_what_belongs_to_it(
    made, operator, project, network
):
    other = made.site.add_network(project, "other")
    kept = made.site.add_port(other)
    found = [
        port["id"]
        for port in made.site.ports.values()
        if port["network_id"] == network["id"]
        and port["device_owner"] != "network:dhcp"
    ]
    deleted = operator.network.delete_network(network["id"], project["id"])
    assert deleted == [*found, network["id"]]
    assert look(made, "network", network).says == "absent"
    assert list(made.site.ports) == [kept["id"]]
    assert list(made.site.networks) == [other["id"]]
    assert len(made.site.routers) == 1
    with pytest.raises(NotFound):
        operator.network.delete_network(network["id"])


def on_networks(made):
    """Return all that is there of Neutron, and where addresses lead."""
    return (
        [*made.site.ports],
        [*made.site.networks],
        [(f["id"], f["port_id"]) for f in made.site.floatingips.values()],
    )


def test_a_floating_ip_keeps_its_network(made, operator, project, network):
    public = made.site.add_network(made.site.admin, "public", **PUBLIC)
    spare = next(p for p in made.site.ports.values() if p["name"] == "spare")
    address = made.site.add_floating_ip(public, spare)
    before = on_networks(made)
    with pytest.raises(Conflict, match=address["floating_ip_address"]):
        operator.network.delete_network(network["id"], project["id"])
    assert on_networks(made) == before


def test_a_server_keeps_its_network(made, operator, project, network):
    server = made.site.add_server(project, "n1", network=network)
    before = on_networks(made)
    with pytest.raises(Conflict, match=f"server {server['id']}"):
        operator.network.delete_network(network["id"], project["id"])
    assert on_networks(made) == before


@pytest.mark.parametrize(
    "owner",
    [
        "network:router_gateway",
        "network:floatingip",
        "Octavia",
        "trunk:subport",
        "baremetal:none",
    ],
)
def test_what_another_holds_keeps_a_network(
    made, operator, project, network, owner
):
    port = made.site.add_port(network, device_id="x", device_owner=owner)
    before = on_networks(made)
    with pytest.raises(Conflict, match=port["id"]):
        operator.network.delete_network(network["id"], project["id"])
    assert on_networks(made) == before


@pytest.mark.parametrize("owner", ["", "network:router_interface"])
def test_a_port_of_another_project_keeps_a_network(
    made, operator, project, network, owner
):
    other = made.site.add_project("CM_other")
    device = made.site.add_router(other, "theirs")["id"] if owner else ""
    port = made.site.add_port(
        network,
        device_id=device,
        device_owner=owner,
        project_id=other["id"],
    )
    before = on_networks(made)
    with pytest.raises(Conflict, match=f"{port['id']} of project"):
        operator.network.delete_network(network["id"], project["id"])
    assert on_networks(made) == before


def test_many_that_keep_a_network_are_counted(
    made, operator, project, network
):
    for number in range(7):
        made.site.add_server(project, f"n{number}", network=network)
    with pytest.raises(Conflict, match="and 4 more"):
        operator.network.delete_network(network["id"], project["id"])


# Stacks


@pytest.fixture
def stack(made, project):
    return made.site.add_cluster(project, "astro", computes=2)


@pytest.mark.parametrize(
    ("action", "state", "servers"),
    [
        ("suspend", "SUSPEND_COMPLETE", "suspended"),
        ("check", "CHECK_COMPLETE", "active"),
    ],
)
def test_what_a_stack_does(made, operator, stack, action, state, servers):
    operator.stacks.act(stack["stack_name"], stack["id"], action)
    assert look(made, "stack", stack).details["state"] == state
    assert {
        server["OS-EXT-STS:vm_state"] for server in made.site.servers.values()
    } == {servers}


def test_a_stack_is_suspended_and_resumed_twice(made, operator, stack):
    for action in ("suspend", "suspend", "resume", "resume"):
        operator.stacks.act(stack["stack_name"], stack["id"], action)
    assert look(made, "stack", stack).details["state"] == "RESUME_COMPLETE"
    assert {
        server["OS-EXT-STS:vm_state"] for server in made.site.servers.values()
    } == {"active"}


def test_a_stack_goes_with_its_members(made, operator, stack):
    operator.stacks.delete_stack(stack["stack_name"], stack["id"])
    assert look(made, "stack", stack).says in ("gone", "absent")
    for things in ("servers", "volumes", "networks", "ports"):
        assert getattr(made.site, things) == {}
    with pytest.raises(NotFound):
        operator.stacks.delete_stack(stack["stack_name"], stack["id"])


def test_a_stack_that_is_going_may_be_deleted_again(
    made, operator, stack, busy
):
    for _ in range(2):
        operator.stacks.delete_stack(stack["stack_name"], stack["id"])
    assert look(made, "stack", stack).details["state"] == "DELETE_IN_PROGRESS"


@pytest.mark.parametrize("name", ["astro", "another"])
def test_there_is_no_such_stack(made, operator, stack, name):
    stack_id = stack["id"] if name == "another" else "nothing"
    with pytest.raises(NotFound):
        operator.stacks.act(name, stack_id, "suspend")
    with pytest.raises(NotFound):
        operator.stacks.delete_stack(name, stack_id)
    assert look(made, "stack", stack).details["state"] == "CREATE_COMPLETE"


def test_a_stack_is_known_by_its_id(operator, stack):
    name = operator.stacks.name(stack["id"])
    assert name == stack["stack_name"]
    operator.stacks.act(name, stack["id"], "check")


def test_no_stack_has_the_id(operator):
    with pytest.raises(NotFound):
        operator.stacks.name("00000000-0000-0000-0000-000000000000")
