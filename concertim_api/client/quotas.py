"""Quotas, limits and statistics: what a project and a region may have."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import Manager, ShortList


class Limit(TypedDict):
    """A limit of a service of the cloud; ``limit`` None: there is none.

    A name ends in its unit, if there is one: ``ram_mb``.
    """

    region: str
    service: str
    name: str
    limit: int | None
    used: int | None


class Limits(ShortList[Limit]):
    """The limits of the project of the session.

    ``region`` is needed only where there are several.
    """

    nouns = "limits"


class Quota(Limit):
    """A limit of a project."""

    project_id: str
    reserved: int | None


class Quotas(ShortList[Quota]):
    """Quotas. Filters: project_id (without it, yours), region."""

    nouns = "quotas"


class RegionStatistics(TypedDict):
    """The sums of all hypervisors that are up and enabled."""

    region: str
    hypervisors: int
    hypervisors_down: int
    running_vms: int
    vcpus: int
    vcpus_used: int
    ram_mb: int
    ram_used_mb: int
    disk_gb: int
    disk_used_gb: int


class Statistics(Manager):
    """Statistics of a region."""

    nouns = "statistics"

    def get(self, *, region: str | None = None) -> RegionStatistics:
        """Return the statistics; ``region`` only where there are several."""
        row: RegionStatistics = self._get(region=region)
        return row
