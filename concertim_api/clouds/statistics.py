"""What hypervisors have together, as Nova tells of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concertim_api.services.cloud.acting import CloudStatistics


def total(hypervisors: Sequence[Mapping[str, Any]]) -> CloudStatistics:
    """Return what those have together that are up and enabled.

    Raises MALFORMED.
    """
    able = [
        hypervisor
        for hypervisor in hypervisors
        if (hypervisor["state"], hypervisor["status"]) == ("up", "enabled")
    ]

    def summed(field: str) -> int:
        return sum(int(hypervisor[field] or 0) for hypervisor in able)

    return CloudStatistics(
        hypervisors=len(able),
        hypervisors_down=len(hypervisors) - len(able),
        vcpus=summed("vcpus"),
        vcpus_used=summed("vcpus_used"),
        ram_mb=summed("memory_mb"),
        ram_used_mb=summed("memory_mb_used"),
        disk_gb=summed("local_gb"),
        disk_used_gb=summed("local_gb_used"),
        running_vms=summed("running_vms"),
    )
