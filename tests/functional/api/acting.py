"""The cloud behind the small clusters of ``view``: it does what callers have
it do."""

from concertim_api.clouds.simulator import Site
from tests.functional.api.cloud import NOW
from tests.functional.api.operable import with_ann


def cloud(region="RegionOne"):
    """Return a cloud with what the rack k1 shows, by the same ids."""
    site = Site(now=lambda: NOW)
    physics = site.add_project("CM_physics", "p1")
    site.add_stack(physics, "cluster-k1", id="k1")
    network = site.add_network(physics, "w1", id="w1")
    n1 = site.add_server(physics, "name-of-n1", network=network, id="n1")
    site.add_server(
        physics,
        "name-of-n2",
        id="n2",
        status="SHUTOFF",
        **{"OS-EXT-STS:vm_state": "stopped"},
    )
    site.add_volume(physics, "d1", server=n1, id="d1")
    site.resources["k1"] = []
    return with_ann(site, region)[1]
