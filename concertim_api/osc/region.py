"""openstack concertim region ..."""

from __future__ import annotations

from concertim_api.client.regions import Region
from concertim_api.osc.cells import Moment, every
from concertim_api.osc.commands import ListCommand


class ListRegion(ListCommand):
    """List the regions that report, and when each was last heard of."""

    columns = every(Region, newest_observation=Moment)
    request = "regions.list"
