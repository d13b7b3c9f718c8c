"""/v1/regions"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import regions as policies
from concertim_api.services.common.listing import Page
from concertim_api.services.ledger.regions import Regions


class Region(types.Representation):
    """A region, and the age of its newest observation.

    resources is null for callers who may not see every project.
    """

    name = types.text
    resources = types.count
    newest_observation = types.time


class RegionList(types.List):
    regions = [Region]


class RegionsController(Controller):
    def __init__(self, regions: Regions) -> None:
        self._regions = regions

    @expose(RegionList, policy=policies.LIST)
    def get_all(self, context: Context) -> Page:
        """List the regions that have observations."""
        return self._regions.list(context.scope(policies.LIST_ALL))
