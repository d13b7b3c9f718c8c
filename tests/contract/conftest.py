"""Each driver, on the same site."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.clouds import openstack
from concertim_api.clouds.fake import COLLECTIONS, FakeCloud
from concertim_api.clouds.simulator import Simulator, Site
from concertim_api.http.retries import Patience
from concertim_api.services.cloud.reading import NotListed


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.time = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)

    def now(self):
        return self.time

    def advance(self, **delta):
        self.time += timedelta(**delta)


class OnFake:
    """The fake, on a site."""

    def __init__(self, site, clock):
        self.site, self.clock = site, clock
        self.cloud = FakeCloud(
            "RegionOne",
            clock,
            {kind: getattr(site, n) for kind, n in COLLECTIONS.items()},
            deleted_servers=site.deleted_servers,
            resources=site.resources,
            role_assignments=site.role_assignments,
            page_size=3,
        )

    def break_after_a_page(self, kind, error):
        self.cloud.broken[kind] = error

    def lose_service(self, kind):
        self.cloud.broken[kind] = NotListed("gone")

    def spoil(self, kind, thing):
        """Put something into a list that is no object of it."""
        self.cloud.things[kind]["?"] = thing


class OnOpenStack:
    """The driver of OpenStack, on a site that is served over HTTP."""

    def __init__(self, simulator, clock):
        self.site, self.clock, self.simulator = (
            simulator.site,
            clock,
            simulator,
        )
        conf = simulator.conf(page_size=3)
        patience = Patience(retries=1, sleep=lambda seconds: None)
        (self.cloud,) = openstack.clouds(conf, clock, patience)

    def break_after_a_page(self, kind, error):
        name = COLLECTIONS[kind].replace("volume_types", "types")
        self.simulator.fault(f"/{name}.*marker=", status=500)

    def lose_service(self, kind):
        self.simulator.services.pop(_SERVICE[kind])

    def spoil(self, kind, thing):
        name = COLLECTIONS[kind]

        def edit(body):
            if name in body:
                body[name].insert(1, thing)
            return body

        path = name.replace("volume_types", "types")
        self.simulator.fault(rf"/{path}(/detail)?\?(?!.*marker)", edit=edit)
        self.simulator.fault(rf"/{path}$", edit=edit)


_SERVICE = {
    "instance": "compute",
    "volume": "block-storage",
    "network": "network",
    "stack": "orchestration",
    "image": "image",
}


@pytest.fixture(params=["fake", "openstack"])
def made(request):
    clock = Clock()
    site = Site(now=clock.now)
    if request.param == "fake":
        yield OnFake(site, clock)
        return
    with contextlib.closing(Simulator(site).start()) as simulator:
        yield OnOpenStack(simulator, clock)
