"""A small cloud in whose Keystone callers of the API work."""

from __future__ import annotations

from datetime import timedelta

from concertim_api.clouds.simulator import Site
from tests.fakes.cloud import in_process
from tests.functional.api.cloud import NOW


class TickingClock:
    """Each time that it is asked, it is a second later: what is done twice
    is seen twice."""

    def __init__(self):
        self._time = NOW

    def now(self):
        self._time += timedelta(seconds=1)
        return self._time


def cloud(region="RegionOne"):
    """Return a cloud with somebody who is none of ours."""
    site = Site(now=lambda: NOW)
    site.add_user("root", id="root", description="of the cloud")
    return in_process(site, TickingClock(), region)[1]
