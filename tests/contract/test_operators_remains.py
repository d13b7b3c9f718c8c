"""What every operator promises of what projects leave behind."""

from __future__ import annotations

import pytest

from concertim_api.domain.errors import Conflict, NotFound


@pytest.fixture
def remains(made):
    return made.cloud.operator().remains


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


def test_a_snapshot(made, remains, cluster):
    made.site.add_snapshot(one(made.site.volumes.values()), "before")
    snapshot = one(made.site.snapshots)
    remains.delete_snapshot(snapshot)
    assert not made.site.snapshots
    with pytest.raises(NotFound):
        remains.delete_snapshot(snapshot)


def test_a_floating_ip(made, remains, cluster):
    address = one(made.site.floatingips)
    remains.delete_floating_ip(address)
    assert not made.site.floatingips
    with pytest.raises(NotFound):
        remains.delete_floating_ip(address)


def test_a_router_goes_with_its_interfaces(made, remains, cluster):
    router = one(made.site.routers)
    assert any(p["device_id"] == router for p in made.site.ports.values())
    remains.delete_floating_ip(one(made.site.floatingips))
    remains.delete_router(router)
    assert not made.site.routers
    assert not any(p["device_id"] == router for p in made.site.ports.values())
    with pytest.raises(NotFound):
        remains.delete_router(router)


def test_a_router_that_is_needed(made, remains, cluster):
    router = one(made.site.routers)
    one(made.site.floatingips.values())["router_id"] = router
    with pytest.raises(Conflict):
        remains.delete_router(router)
    assert router in made.site.routers


def test_a_port(made, remains, cluster):
    port = one(
        p["id"]
        for p in made.site.ports.values()
        if p["device_owner"].startswith("compute:")
    )
    remains.delete_port(port)
    assert port not in made.site.ports
    with pytest.raises(NotFound):
        remains.delete_port(port)


def test_a_backup_that_is_not_there(remains):
    with pytest.raises(NotFound):
        remains.delete_backup("nothing")
