"""Statistics: the capacity of a region, and its use."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import Manager
from concertim_api.client.http import query


class RegionStatistics(TypedDict):
    """The sums of all hypervisors that are up and enabled."""

    region: str
    hypervisors: int
    hypervisors_down: int
    vcpus: int
    vcpus_used: int
    ram_mb: int
    ram_used_mb: int
    disk_gb: int
    disk_used_gb: int
    running_vms: int


class Statistics(Manager):
    """Statistics of a region."""

    nouns = "statistics"

    def get(self, *, region: str | None = None) -> RegionStatistics:
        """Return the statistics; ``region`` only where there are several."""
        row: RegionStatistics = self._http.get(
            self._path(), query(region=region)
        )
        return row
