"""openstack concertim region ..."""

from __future__ import annotations

from concertim_api.client.regions import Region
from concertim_api.osc.cells import Moment, every
from concertim_api.osc.commands import ListCommand


class ListRegion(ListCommand):
    """List the regions, and when each reported last."""

    columns = every(Region, newest_observation=Moment)
    request = "regions.list"
