"""Quotas in memory: ``services.cloud.acting.AllowanceOperator``.

What nobody set is as in a new cloud; what is used is counted. Nobody logs in
here: limits are those of the cloud, as if all of it were one project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from concertim_api.clouds.statistics import total
from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import Allowance, Capacity

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud

_LIMITS: Mapping[str, Mapping[str, int]] = {
    "compute": {"cores": 20, "instances": 10, "key_pairs": 100, "ram": 51200},
    "volume": {"gigabytes": 1000, "snapshots": 10, "volumes": 10},
    "network": {"floatingip": 50, "network": 100, "port": 500, "router": 10},
}

#: What each hypervisor has that nobody described.
_SIZE = {"vcpus": 64, "memory_mb": 262144, "local_gb": 2000}

#: kind -> the field that has the project of one.
_OWNER = {
    "instance": "tenant_id",
    "volume": "os-vol-tenant-attr:tenant_id",
    "snapshot": "os-extended-snapshot-attributes:project_id",
}
_NETWORK = {
    "network": "network",
    "port": "port",
    "router": "router",
    "floatingip": "floating_ip",
}


class FakeAllowances:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def limits(self) -> Mapping[str, Mapping[str, int]]:
        compute, volume = _LIMITS["compute"], _LIMITS["volume"]
        used = self._used(None)
        return {
            "compute": {
                "maxTotalCores": compute["cores"],
                "maxTotalInstances": compute["instances"],
                "maxTotalKeypairs": compute["key_pairs"],
                "maxTotalRAMSize": compute["ram"],
                "totalCoresUsed": used["compute"]["cores"],
                "totalInstancesUsed": used["compute"]["instances"],
                "totalRAMUsed": used["compute"]["ram"],
            },
            "volume": {
                "maxTotalSnapshots": volume["snapshots"],
                "maxTotalVolumeGigabytes": volume["gigabytes"],
                "maxTotalVolumes": volume["volumes"],
                "totalGigabytesUsed": used["volume"]["gigabytes"],
                "totalSnapshotsUsed": used["volume"]["snapshots"],
                "totalVolumesUsed": used["volume"]["volumes"],
            },
        }

    def quotas(self, project_id: str) -> Sequence[Allowance]:
        if project_id not in self._cloud.things.get("project", {}):
            raise NotFound(f"Project {project_id} not found.")
        used = self._used(project_id)
        return [
            Allowance(
                service,
                name,
                None if limit < 0 else limit,
                used=used[service].get(name, 0),
                reserved=0,
            )
            for service, limits in _LIMITS.items()
            for name, limit in sorted(
                {
                    **limits,
                    **self._cloud.quotas.get((service, project_id), {}),
                }.items()
            )
        ]

    def capacity(self) -> Capacity:
        found = self._cloud.hypervisors or {
            server["OS-EXT-SRV-ATTR:host"]: _SIZE
            for server in self._of("instance", None)
            if server.get("OS-EXT-SRV-ATTR:host")
        }
        return total([self._hypervisor(*one) for one in found.items()])

    def _hypervisor(self, host: str, has: Mapping[str, Any]) -> dict[str, Any]:
        servers = [
            server
            for server in self._of("instance", None)
            if server.get("OS-EXT-SRV-ATTR:host") == host
        ]
        flavors = [server["flavor"] for server in servers]
        return {
            "state": "up",
            "status": "enabled",
            "vcpus_used": _sum(flavors, "vcpus"),
            "memory_mb_used": 512 + _sum(flavors, "ram"),
            "local_gb_used": _sum(flavors, "disk")
            + _sum(flavors, "ephemeral"),
            "running_vms": len(servers),
            **has,
        }

    def _used(self, project_id: str | None) -> dict[str, dict[str, int]]:
        """Return what a project has of all; None: what there is."""
        servers = self._of("instance", project_id)
        flavors = [server["flavor"] for server in servers]
        volumes = self._of("volume", project_id)
        snapshots = self._of("snapshot", project_id)
        return {
            "compute": {
                "cores": _sum(flavors, "vcpus"),
                "instances": len(servers),
                "ram": _sum(flavors, "ram"),
            },
            "volume": {
                "gigabytes": _sum((*volumes, *snapshots), "size"),
                "snapshots": len(snapshots),
                "volumes": len(volumes),
            },
            "network": {
                name: len(self._of(kind, project_id))
                for name, kind in _NETWORK.items()
            },
        }

    def _of(self, kind: str, project_id: str | None) -> Sequence[Any]:
        owner = _OWNER.get(kind, "project_id")
        return [
            thing
            for thing in self._cloud.things.get(kind, {}).values()
            if project_id is None or thing.get(owner) == project_id
        ]


def _sum(things: Iterable[Mapping[str, Any]], field: str) -> int:
    return sum(int(thing.get(field) or 0) for thing in things)
