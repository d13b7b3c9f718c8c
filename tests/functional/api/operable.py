"""A small cloud that does what callers of the API have it do."""

from __future__ import annotations

from concertim_api.clouds.fake import COLLECTIONS, FakeCloud
from concertim_api.clouds.simulator import Site
from tests.functional.api.cloud import NOW, FixedClock


def cloud(region="RegionOne"):
    """Return a cloud with a server and a volume of physics (p1)."""
    site = Site(now=lambda: NOW)
    physics = site.add_project("CM_physics", id="p1")
    site.add_project("CM_biology", id="p2")
    small = site.add_flavor("c2", vcpus=2, ram=4096, disk=20)
    on_a_host = {"OS-EXT-SRV-ATTR:host": "node1"}
    site.add_server(physics, "web", small, **on_a_host)
    site.add_volume(physics, "data", size=50)
    things = {kind: getattr(site, name) for kind, name in COLLECTIONS.items()}
    return FakeCloud(region, FixedClock(), things)


class Token:
    """What Keystone's middleware leaves of a token that is in force."""

    has_user_token = True


def with_tokens(application):
    """Take whoever sends X-Auth-Token for somebody with a token."""

    def answered(environ, start_response):
        if "HTTP_X_AUTH_TOKEN" in environ:
            environ["keystone.token_auth"] = Token()
        return application(environ, start_response)

    return answered
