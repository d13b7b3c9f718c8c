"""Limits, quotas, and what the whole cloud has, in the cloud's own words."""

from __future__ import annotations

from concertim_api.api.dialects.concertim.documents import success
from concertim_api.api.dialects.concertim.fields import Request, Route
from concertim_api.api.dialects.replies import Reply
from concertim_api.services.cloud.acting import AllowanceOperator, Caller
from concertim_api.services.operations.operations import Operations

#: How OpenStack says that something has no bound.
_UNLIMITED = -1


class Allowances:
    def __init__(self, operations: Operations, region: str) -> None:
        self._operations = operations
        self._region = region

    def limits(self, request: Request) -> Reply:
        """Those of the project of who calls."""
        told = self._of(request.caller()).limits()
        return success(
            {
                "limits": {
                    name: value
                    for limits in told.values()
                    for name, value in limits.items()
                }
            }
        )

    def quotas(self, request: Request) -> Reply:
        """Those of any project: the service itself asks for them."""
        told = self._of(_service(request)).quotas(request.path["project_id"])
        return success(
            {
                "quotas": {
                    quota.name: _UNLIMITED
                    if quota.limit is None
                    else quota.limit
                    for quota in told
                }
            }
        )

    def statistics(self, request: Request) -> Reply:
        """Those of all hypervisors; disks and memory in GB."""
        told = self._of(_service(request)).capacity()
        return success(
            {
                "stats": {
                    "total_vcpus": told.vcpus,
                    "used_vcpus": told.vcpus_used,
                    "total_disk_space": told.disk_gb,
                    "used_disk_space": told.disk_used_gb,
                    "total_ram": told.ram_mb / 1024,
                    "used_ram": told.ram_used_mb / 1024,
                    "running_vms": told.running_vms,
                }
            }
        )

    def _of(self, caller: Caller) -> AllowanceOperator:
        return self._operations.operator(caller, self._region).allowances

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/team/limits", self.limits, ("cloud_env",)),
            Route("GET", "/team/{project_id}/quotas", self.quotas),
            Route("GET", "/statistics", self.statistics),
        ]


def _service(request: Request) -> Caller:
    """Return the service itself: these requests do not say who calls."""
    return Caller(
        user_id=None, user_name="compat", request_id=request.request_id
    )
