"""/v1/statistics"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import statistics as policies
from concertim_api.services.common.listing import Found
from concertim_api.services.operations.quotas import Allowances


class Statistics(types.Item):
    """What the hypervisors of a region have together.

    Of those that are up and enabled; the others are hypervisors_down, and
    nothing of them is counted.
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
    def __init__(self, allowances: Allowances) -> None:
        self._allowances = allowances

    @expose(Statistics, policy=policies.SHOW, query={"region": types.text})
    def get_all(self, context: Context, region: str | None = None) -> Found:
        """Show what a region has, and what of it is used.

        As Nova tells at this moment. region is needed only where there are
        several.
        """
        caller = context.caller(policies.AS_SERVICE)
        return self._allowances.capacity(caller, region)
