"""Limits, quotas and statistics, by the names of Nova, Cinder and Neutron."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.api.dialects.concertim.documents import Request, success
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.services.cloud.acting import Caller, QuotaActions
from concertim_api.services.operations.operations import Operations

#: How OpenStack writes that there is no limit.
_UNLIMITED = -1


@dc.dataclass(frozen=True, slots=True)
class Quotas:
    operations: Operations
    region: str

    @route("GET", "/team/limits", "cloud_env")
    def limits(self, request: Request) -> Reply:
        """Return the limits of the caller's project."""
        services = self._of(request.caller()).limits()
        return success(
            {
                "limits": {
                    name: value
                    for limits in services.values()
                    for name, value in limits.items()
                }
            }
        )

    @route("GET", "/team/{project_id}/quotas")
    def quotas(self, request: Request) -> Reply:
        """Return the quotas of any project, with the service's credentials."""
        quotas = self._of(_service(request)).quotas(request.path["project_id"])
        return success(
            {
                "quotas": {
                    quota.name: _UNLIMITED
                    if quota.limit is None
                    else quota.limit
                    for quota in quotas
                }
            }
        )

    @route("GET", "/statistics")
    def statistics(self, request: Request) -> Reply:
        """Return the statistics of all hypervisors; disk and memory in GB."""
        statistics = self._of(_service(request)).statistics()
        return success(
            {
                "stats": {
                    "total_vcpus": statistics.vcpus,
                    "used_vcpus": statistics.vcpus_used,
                    "total_disk_space": statistics.disk_gb,
                    "used_disk_space": statistics.disk_used_gb,
                    "total_ram": statistics.ram_mb / 1024,
                    "used_ram": statistics.ram_used_mb / 1024,
                    "running_vms": statistics.running_vms,
                }
            }
        )

    def _of(self, caller: Caller) -> QuotaActions:
        return self.operations.actions(caller, self.region).quotas


def _service(request: Request) -> Caller:
    """Return the service itself: these requests do not say who calls."""
    return Caller(
        user_id=None, user_name="compat", request_id=request.request_id
    )
