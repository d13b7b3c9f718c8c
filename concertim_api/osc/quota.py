"""openstack concertim quota list, limits show and statistics show."""

from __future__ import annotations

from concertim_api.client.quotas import RegionStatistics
from concertim_api.osc import options
from concertim_api.osc.cells import Column, Text, every, named
from concertim_api.osc.commands import ListCommand, ShowCommand


class Limit(Text):
    """A limit, or that there is none."""

    def human_readable(self) -> str:
        return "unlimited" if self._value is None else str(self._value)


LIMITS = named("service name limit used", limit=Limit)


class ListQuota(ListCommand):
    """List the quotas of a project, with the usage."""

    columns = (*LIMITS, *named("reserved", long="project project_id region"))
    request = "quotas.list"
    arguments = (
        options.project("the one that you are logged in to"),
        options.REGION,
    )


class ShowLimits(ListCommand):
    """Show the limits of your project in Nova and Cinder, with the usage."""

    columns = (*LIMITS, Column("region", long=True))
    request = "limits.list"
    arguments = (options.REGION,)


class ShowStatistics(ShowCommand):
    """Show what the hypervisors of a region have, and how much is used."""

    columns = every(RegionStatistics)
    request = "statistics.get"
    arguments = (options.REGION,)
