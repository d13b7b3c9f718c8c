"""openstack concertim region ..."""

from __future__ import annotations

from concertim_api.osc.cells import Column, Moment, plain
from concertim_api.osc.commands import Listing


class ListRegion(Listing):
    """List the regions that report, and when each was last heard of."""

    columns = (
        *plain("name", "resources"),
        Column("newest_observation", Moment),
    )
    request = "regions.list"
