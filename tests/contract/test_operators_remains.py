"""What every operator promises of what projects leave behind."""

from __future__ import annotations

import pytest

from concertim_api.clouds.simulator.simulator import MORE_SERVICES
from concertim_api.domain.errors import Conflict, NotFound, Unasked
from concertim_api.services.cloud.acting import Remainder


@pytest.fixture
def remains(made):
    return made.cloud.actions().remains


@pytest.fixture
def cluster(made):
    """A cluster with a router, and an address that leads through it."""
    site = made.site
    project = site.add_project("CM_astro")
    site.add_cluster(project, "astro", computes=1)
    network = next(iter(site.networks.values()))
    outside = site.add_network(project, "outside")
    router = site.add_router(project, "way-out", outside)
    site.add_port(
        network,
        device_id=router["id"],
        device_owner="network:router_interface",
    )
    port = next(
        p
        for p in site.ports.values()
        if p["device_owner"].startswith("compute:")
    )
    site.add_floating_ip(outside, port)
    return site


def one(things):
    return next(iter(things))


@pytest.mark.parametrize(
    ("kind", "collection"),
    [
        ("backup", "backups"),
        ("snapshot", "snapshots"),
        ("floating_ip", "floatingips"),
        ("port", "ports"),
    ],
)
def test_what_is_left_goes(made, remains, cluster, kind, collection):
    volume = one(made.site.volumes.values())
    made.site.add_snapshot(volume, "before")
    made.site.add_backup(volume, "saved")
    things = getattr(made.site, collection)
    thing = next(
        thing["id"]
        for thing in things.values()
        if kind != "port" or thing["device_owner"].startswith("compute:")
    )
    delete = getattr(remains, f"delete_{kind}")
    delete(thing)
    assert thing not in things
    with pytest.raises(NotFound):
        delete(thing)


def test_a_router_goes_with_its_interfaces(made, remains, cluster):
    router = one(made.site.routers)
    assert any(p["device_id"] == router for p in made.site.ports.values())
    remains.delete_floating_ip(one(made.site.floatingips))
    outside = next(
        n for n in made.site.networks.values() if n["name"] == "outside"
    )
    free = made.site.add_floating_ip(outside)  # it needs no router
    remains.delete_router(router)
    assert not made.site.routers
    assert list(made.site.floatingips) == [free["id"]]
    assert not any(p["device_id"] == router for p in made.site.ports.values())
    with pytest.raises(NotFound):
        remains.delete_router(router)


def test_a_router_that_is_needed(made, remains, cluster):
    router = one(made.site.routers)
    one(made.site.floatingips.values())["router_id"] = router
    with pytest.raises(Conflict):
        remains.delete_router(router)
    assert router in made.site.routers


# What is left in a project


@pytest.fixture
def project(made):
    return made.site.add_project("CM_astro")


def server(site, project, **over):
    return site.add_server(project, "login", **over)


def volume_of(site, project):
    return site.add_volume(site.add_project("CM_other"), "theirs")


THINGS = {
    "stack": lambda s, p: s.add_stack(p, "astro"),
    "instance": server,
    "a server that failed": lambda s, p: server(s, p, status="ERROR"),
    "a server that Nova keeps": lambda s, p: server(
        s, p, status="SOFT_DELETED"
    ),
    "backup": lambda s, p: s.add_backup(
        volume_of(s, p), "b", **{"os-backup-project-attr:project_id": p["id"]}
    ),
    "snapshot": lambda s, p: s.add_snapshot(
        volume_of(s, p),
        "s",
        **{"os-extended-snapshot-attributes:project_id": p["id"]},
    ),
    "volume": lambda s, p: s.add_volume(p, "scratch"),
    "floating_ip": lambda s, p: s.add_floating_ip(
        s.add_network(s.admin, "outside"), project_id=p["id"]
    ),
    "router": lambda s, p: s.add_router(p, "way-out"),
    "network": lambda s, p: s.add_network(p, "lan"),
    "port": lambda s, p: s.add_port(
        s.add_network(s.admin, "common"), project_id=p["id"]
    ),
    "image": lambda s, p: s.add_image("golden", owner=p["id"]),
    "an image of the community": lambda s, p: s.add_image(
        "golden", owner=p["id"], visibility="community"
    ),
    "an image that is hidden": lambda s, p: s.add_image(
        "golden", owner=p["id"], os_hidden=True
    ),
    "load_balancer": lambda s, p: s.add_load_balancer(p, "front"),
    "share": lambda s, p: s.add_share(p, "home"),
}


def with_all_services(made):
    made.simulator.services.update(MORE_SERVICES)


@pytest.mark.parametrize("what", THINGS)
def test_whatever_a_project_has_is_left(made, remains, project, what):
    with_all_services(made)
    thing = THINGS[what](made.site, project)
    (left,) = remains.of(project["id"])
    kinds = {"a server": "instance", "an image": "image"}
    assert left == Remainder(
        region="RegionOne",
        kind=kinds.get(" ".join(what.split()[:2]), what),
        id=thing["id"],
        name=thing.get("name")
        or thing.get("stack_name")
        or thing.get("floating_ip_address"),
    )


def test_the_first_of_each_kind_is_told(made, remains, project):
    for _ in range(2):
        made.site.add_cluster(project, "astro", computes=2)
    kinds = [one.kind for one in remains.of(project["id"])]
    assert kinds == ["stack", "instance", "volume", "network", "port"]


def test_what_others_have_is_not_left(made, remains, project, cluster):
    with_all_services(made)
    other = made.site.add_project("CM_biology")
    for add in THINGS.values():
        add(made.site, other)
    made.site.add_image("of everybody")
    assert list(remains.of(project["id"])) == []


def test_what_was_deleted_is_not_left(made, remains, project):
    made.site.delete_server(server(made.site, project))
    made.site.delete_stack(made.site.add_stack(project, "astro"))
    assert list(remains.of(project["id"])) == []


@pytest.mark.parametrize(
    "kind", ["stack", "instance", "volume", "network", "image"]
)
def test_a_service_that_is_not_there_is_not_empty(
    made, remains, project, kind
):
    made.lose_service(kind)
    with pytest.raises(Unasked):
        remains.of(project["id"])
