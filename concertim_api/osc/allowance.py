"""openstack concertim quota list, limits show and statistics show."""

from __future__ import annotations

from concertim_api.osc import options
from concertim_api.osc.cells import Column, Text, plain
from concertim_api.osc.commands import Listing, Showing


class Most(Text):
    """A limit, if there is one."""

    def human_readable(self) -> str:
        return "unlimited" if self._value is None else str(self._value)


LIMITS = (
    *plain("service", "name"),
    Column("limit", Most),
    Column("used"),
)


class ListQuota(Listing):
    """List what a project may have, and what it has of it."""

    columns = (
        *LIMITS,
        Column("reserved"),
        *plain("project", "project_id", "region", long=True),
    )
    request = "quotas.list"
    arguments = (
        options.project("the one that you are logged in to"),
        options.REGION,
    )


class ShowLimits(Listing):
    """Show what your project may have of Nova and Cinder, and has of it."""

    columns = (*LIMITS, Column("region", long=True))
    request = "limits.list"
    arguments = (options.REGION,)


class ShowStatistics(Showing):
    """Show what a region of the cloud has, and what of it is used."""

    columns = (
        *plain("region", "hypervisors", "hypervisors_down", "running_vms"),
        *plain("vcpus", "vcpus_used", "ram_mb", "ram_used_mb"),
        *plain("disk_gb", "disk_used_gb"),
    )
    request = "statistics.get"
    arguments = (options.REGION,)
