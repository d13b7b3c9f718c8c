"""/v1/statistics"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import statistics as policies
from concertim_api.services.common.listing import Page
from concertim_api.services.operations.quotas import Quotas


class Statistics(types.Item):
    """The sums over the hypervisors of a region.

    Hypervisors that are up and enabled count. hypervisors_down is the number
    of the others.
    """

    region = types.text
    hypervisors = types.count
    hypervisors_down = types.count
    vcpus = types.count
    vcpus_used = types.count
    ram_mb = types.count
    ram_used_mb = types.count
    disk_gb = types.count
    disk_used_gb = types.count
    running_vms = types.count


class StatisticsController(Controller):
    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    @expose(Statistics, policy=policies.SHOW, query={"region": types.text})
    def get_all(self, context: Context, region: str | None = None) -> Page:
        """Show the capacity of a region, and its use.

        By Nova, at this moment. region is needed only where there are
        several.
        """
        caller = context.caller(policies.AS_SERVICE)
        return self._quotas.statistics(caller, region)
