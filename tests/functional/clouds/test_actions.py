"""How Nova, Cinder, Neutron and Heat are asked to act: by whom, with how
many requests, and what is told when it goes wrong."""

from __future__ import annotations

import dataclasses as dc

import pytest

from concertim_api.clouds.simulator import Simulator
from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    NotFound,
    Unauthenticated,
    Unavailable,
)
from tests.functional.clouds.conftest import login

SECRET = "ada's own"


@dc.dataclass
class World:
    """A cloud with a member of *astro*, a reader, and another project."""

    simulator: Simulator
    cloud: object
    astro: dict
    other: dict

    @property
    def site(self):
        return self.simulator.site

    def acting(self, name):
        """Return an operator with somebody's password."""
        return self.cloud.actions(
            login(self.simulator, name, self.astro, SECRET)
        )

    def asked(self, work):
        """Return what is asked for to do something, logins aside."""
        self.simulator.requests.clear()
        work()
        return [
            line
            for line in self.simulator.requests
            if not line.startswith("POST /identity")
        ]


@pytest.fixture
def world(simulator, connect, at_once):
    site = simulator.site
    astro, other = site.add_project("CM_astro"), site.add_project("CM_other")
    simulator.add_user("ada", SECRET, {astro["id"]: ["member"]})
    simulator.add_user("bob", SECRET, {astro["id"]: ["reader"]})
    return World(simulator, connect(retries=0), astro, other)


def actions(world, operator, project):
    """Return each action on things of a project, with its requests."""
    site = world.site
    network = site.add_network(project, "inner")
    router = site.add_router(project, "out")
    interface = site.add_port(
        network,
        device_id=router["id"],
        device_owner="network:router_interface",
    )
    spare = site.add_port(network)
    server = site.add_server(project, "n1")
    first = site.add_volume(project, "a", server=server)
    second = site.add_volume(project, "b")
    stack = site.add_stack(project, "k1")
    compute, volume = "/compute/v2.1/servers/", "/volume/v3/{p}/volumes/"
    named = f"/orchestration/v1/{{p}}/stacks/k1/{stack['id']}"
    return {
        "act": (
            lambda: operator.compute.act(server["id"], "stop"),
            [f"POST {compute}{server['id']}/action"],
        ),
        "detach": (
            lambda: operator.compute.detach_volume(server["id"], first["id"]),
            [
                f"DELETE {compute}{server['id']}/os-volume_attachments/"
                f"{first['id']}"
            ],
        ),
        "extend": (
            lambda: operator.storage.extend_volume(second["id"], 99),
            [f"POST {volume}{second['id']}/action"],
        ),
        "delete_volume": (
            lambda: operator.storage.delete_volume(second["id"]),
            [f"DELETE {volume}{second['id']}"],
        ),
        "delete_server": (
            lambda: operator.compute.delete_server(server["id"]),
            [f"DELETE {compute}{server['id']}"],
        ),
        "delete_network": (
            lambda: operator.network.delete_network(network["id"]),
            [
                f"GET /network/v2.0/ports?network_id={network['id']}",
                f"GET /network/v2.0/floatingips?port_id={spare['id']}",
                f"PUT /network/v2.0/routers/{router['id']}"
                "/remove_router_interface",
                f"DELETE /network/v2.0/ports/{spare['id']}",
                f"DELETE /network/v2.0/networks/{network['id']}",
            ],
        ),
        "stack": (
            lambda: operator.stacks.act("k1", stack["id"], "suspend"),
            [f"POST {named}/actions"],
        ),
        "delete_stack": (
            lambda: operator.stacks.delete_stack("k1", stack["id"]),
            [f"DELETE {named}"],
        ),
    }, interface


#: These are sent once.
POSTED = ("act", "extend", "stack")
DELETED = ("detach", "delete_volume", "delete_server", "delete_network")
DELETED += ("delete_stack",)
NAMES = (*POSTED, *DELETED)


def warm(world, operator):
    """Let the microversions be known, as they are once in a process."""
    server = world.site.add_server(world.astro, "warm")
    volume = world.site.add_volume(world.astro, "warm", server=server)
    operator.compute.detach_volume(server["id"], volume["id"])
    operator.storage.extend_volume(volume["id"], 99)


@pytest.mark.parametrize("name", NAMES)
def test_a_member_needs_as_many_requests(world, name):
    operator = world.acting("ada")
    warm(world, operator)
    found, _ = actions(world, operator, world.astro)
    work, expected = found[name]
    told = [line.replace("{p}", world.astro["id"]) for line in expected]
    assert world.asked(work) == told


@pytest.mark.parametrize("name", NAMES)
def test_an_administrator_acts_in_other_projects_by_its_own_path(world, name):
    operator = world.cloud.actions()
    warm(world, operator)
    found, _ = actions(world, operator, world.other)
    work, expected = found[name]
    own = world.site.admin["id"]
    assert world.asked(work) == [line.replace("{p}", own) for line in expected]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_another_projects_is_not_there_for_a_member(world, name):
    found, _ = actions(world, world.acting("ada"), world.other)
    with pytest.raises(NotFound):
        found[name][0]()


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_is_refused(world, name):
    found, interface = actions(world, world.acting("bob"), world.astro)
    before = [*world.site.ports]
    with pytest.raises(CloudRefused) as refused:
        found[name][0]()
    assert "403" in str(refused.value)
    assert [*world.site.ports] == before
    assert interface["id"] in before


@pytest.mark.parametrize("name", NAMES)
def test_who_is_not_let_in_hears_so(world, name):
    found, _ = actions(world, world.acting("nobody"), world.astro)
    with pytest.raises(Unauthenticated) as refused:
        found[name][0]()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"drop": True}, {"drop": True, "before": True}],
    ids=["503", "done-but-lost", "lost"],
)
def test_no_answer_is_no_outcome(world, name, fault):
    """A POST is sent once; all else twice, and the second may find that it
    is done: then it is not there any more."""
    operator = world.acting("ada")
    warm(world, operator)
    found, _ = actions(world, operator, world.astro)
    work, expected = found[name]
    last = expected[-1].replace("{p}", world.astro["id"])
    world.simulator.fault(f"^{last}$", **fault)
    done = fault == {"drop": True} and not last.startswith("POST")
    with pytest.raises(Unavailable if not done else (Unavailable, NotFound)):
        work()
    sent = world.simulator.requests.count(last)
    assert sent == (1 if last.startswith("POST") else 2)


@pytest.mark.parametrize("name", DELETED)
def test_what_passes_is_asked_for_again_where_that_does_no_harm(world, name):
    operator = world.acting("ada")
    warm(world, operator)
    found, _ = actions(world, operator, world.astro)
    work, expected = found[name]
    last = expected[-1].replace("{p}", world.astro["id"])
    world.simulator.fault(f"^{last}$", status=502, times=1)
    work()
    assert world.simulator.requests.count(last) == 2


def test_what_comes_in_between_keeps_the_network(world):
    """Neutron has the last word: what was deleted by then, is."""
    operator = world.acting("ada")
    found, _ = actions(world, operator, world.astro)
    network = next(iter(world.site.networks.values()))
    world.simulator.fault(
        "DELETE /network/v2.0/networks",
        status=409,
        body={"NeutronError": {"message": "ports still in use"}},
        times=1,
    )
    work = found["delete_network"][0]
    with pytest.raises(Conflict, match="ports still in use"):
        work()
    assert network["id"] in world.site.networks
    work()
    assert network["id"] not in world.site.networks


def test_a_router_that_others_need_keeps_its_interface(world):
    """What the credentials do not show, Neutron does not let go."""
    operator = world.acting("ada")
    site = world.site
    network = site.add_network(world.astro, "inner")
    router = site.add_router(world.astro, "out")
    owner = "network:router_interface"
    site.add_port(network, device_id=router["id"], device_owner=owner)
    spare = site.add_port(network)
    public = site.add_network(
        site.admin, "public", **{"router:external": True}
    )
    address = site.add_floating_ip(public, spare)
    address["project_id"] = address["tenant_id"] = world.other["id"]
    before = [*site.ports]
    with pytest.raises(Conflict, match="floating IPs"):
        operator.network.delete_network(network["id"], world.astro["id"])
    assert [*site.ports] == before
    assert address["port_id"] == spare["id"]


def test_a_quota_that_is_used_up(world):
    volume = world.site.add_volume(world.astro, "data", 10)
    limits = {"gigabytes": 15}
    world.simulator.quotas["volume", world.astro["id"]] = limits
    with pytest.raises(CloudRefused, match="quota"):
        world.acting("ada").storage.extend_volume(volume["id"], 20)


def test_a_volume_of_a_shelved_server_is_detached(world):
    server = world.site.add_server(world.astro, "n1")
    server["OS-EXT-STS:vm_state"] = "shelved_offloaded"
    volume = world.site.add_volume(world.astro, "data", server=server)
    world.acting("ada").compute.detach_volume(server["id"], volume["id"])
    assert volume["attachments"] == []


def test_names_are_parts_of_a_path_and_no_more(world):
    operator = world.cloud.actions()
    for ask in (
        lambda: operator.compute.delete_server("../flavors/x?force=1"),
        lambda: operator.stacks.delete_stack("a/b", "../.."),
        lambda: operator.network.delete_network("x&id=y"),
    ):
        with pytest.raises(NotFound):
            ask()
    lines = [x for x in world.simulator.requests if "/identity" not in x]
    assert not any("/flavors/" in x or "/../" in x for x in lines)
    assert "GET /network/v2.0/ports?network_id=x%26id%3Dy" in lines


def test_the_name_of_a_stack_is_read_whatever_host_heat_says(simulator, cloud):
    """Behind a proxy a service may know itself by another address."""
    location = "https://heat.internal:8004/v1/p/stacks/hpc%201/s1"
    simulator.fault("/stacks/s1", status=302, headers={"Location": location})
    assert cloud.actions().stacks.name("s1") == "hpc 1"
