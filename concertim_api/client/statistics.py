"""Statistics: what a region of the cloud has."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.arguments import query
from concertim_api.client.collection import Manager


class Capacity(TypedDict):
    """What the hypervisors that are up and enabled have together."""

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

    def get(self, *, region: str | None = None) -> Capacity:
        """Return what a region has. ``region``: where there are several."""
        capacity: Capacity = self._http.get(self._path(), query(region=region))
        return capacity
