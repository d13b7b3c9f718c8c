"""A small cloud that does what callers of the API have it do."""

from __future__ import annotations

from keystoneauth1.identity import v3

from concertim_api.clouds.simulator import Site
from tests.fakes.cloud import URL, in_process
from tests.functional.api.cloud import NOW, FixedClock

PASSWORD = "of-ann"


def cloud(region="RegionOne"):
    """Return the simulator, and the driver's cloud, of a site with a server
    and a volume of physics (p1). We are in physics, too."""
    site = Site(now=lambda: NOW)
    physics = site.add_project("CM_physics", id="p1")
    site.add_project("CM_biology", id="p2")
    small = site.add_flavor("c2", vcpus=2, ram=4096, disk=20)
    on_a_host = {"OS-EXT-SRV-ATTR:host": "node1"}
    site.add_server(physics, "web", small, **on_a_host)
    site.add_volume(physics, "data", size=50)
    return with_ann(site, region, project_name="CM_physics")


def with_ann(site, region, **options):
    """Return the simulator, and the driver's cloud, of a site in which ann
    may do all in physics."""
    site.add_user("ann", id="ann")
    simulator, found = in_process(site, FixedClock(), region, **options)
    simulator.add_user("ann", PASSWORD, {"p1": ["admin"]})
    return simulator, found


class Token(v3.Password):
    """What Keystone's middleware leaves of a token of ann's in force."""

    has_user_token = True

    def __init__(self):
        super().__init__(
            f"{URL}/identity/v3",
            user_id="ann",
            password=PASSWORD,
            project_id="p1",
        )


def with_tokens(application):
    """Take whoever sends X-Auth-Token for somebody with a token."""

    def answered(environ, start_response):
        if "HTTP_X_AUTH_TOKEN" in environ:
            environ["keystone.token_auth"] = Token()
        return application(environ, start_response)

    return answered
