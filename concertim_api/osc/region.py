"""openstack concertim region ..."""

from __future__ import annotations

from concertim_api.osc.cells import Column, Moment, texts
from concertim_api.osc.commands import ListCommand


class ListRegion(ListCommand):
    """List the regions that report, and when each was last heard of."""

    columns = (
        *texts("name", "resources"),
        Column("newest_observation", Moment),
    )
    request = "regions.list"
