"""The driver of OpenStack, on a simulated one."""

from __future__ import annotations

import pytest

from concertim_api.clouds.simulator import COLLECTIONS, Site
from tests.fakes.clock import Clock
from tests.fakes.cloud import served


class Driven:
    """A site, the simulator that serves it, and the driver's cloud there."""

    def __init__(self, simulator, cloud, clock):
        self.site, self.simulator = simulator.site, simulator
        self.cloud, self.clock = cloud, clock

    def break_after_a_page(self, kind):
        name = COLLECTIONS[kind].replace("volume_types", "types")
        self.simulator.fault(f"/{name}.*marker=", status=500)

    def lose_service(self, kind):
        self.simulator.services.pop(_SERVICE[kind])

    def spoil(self, kind, thing):
        """Put something into a list that is no object of it."""
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


@pytest.fixture
def made():
    clock = Clock()
    site = Site(now=clock.now)
    with served(site, clock, page_size=3) as (simulator, cloud):
        yield Driven(simulator, cloud, clock)
