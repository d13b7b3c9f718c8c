"""What projects may have, and what the whole cloud has.

Asked of the cloud when it is asked for: nothing of it is stored.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.cloud.acting import Allowance, Caller
from concertim_api.services.common.listing import Found, Scope
from concertim_api.services.operations.operations import Operations

#: service -> limit -> what we call it, and what of it is used. The unit of
#: what has one is in its name; what is not here keeps the name it has.
_LIMITS: Mapping[str, Mapping[str, tuple[str, str | None]]] = {
    "compute": {
        "maxTotalCores": ("cores", "totalCoresUsed"),
        "maxTotalInstances": ("instances", "totalInstancesUsed"),
        "maxTotalRAMSize": ("ram_mb", "totalRAMUsed"),
        "maxTotalKeypairs": ("key_pairs", None),
        "maxServerGroups": ("server_groups", "totalServerGroupsUsed"),
        "maxServerGroupMembers": ("server_group_members", None),
        "maxServerMeta": ("metadata_items", None),
    },
    "volume": {
        "maxTotalVolumes": ("volumes", "totalVolumesUsed"),
        "maxTotalVolumeGigabytes": ("gigabytes", "totalGigabytesUsed"),
        "maxTotalSnapshots": ("snapshots", "totalSnapshotsUsed"),
        "maxTotalBackups": ("backups", "totalBackupsUsed"),
        "maxTotalBackupGigabytes": (
            "backup_gigabytes",
            "totalBackupGigabytesUsed",
        ),
    },
}

#: What services call by no unit.
_RENAMED = {("compute", "ram"): "ram_mb"}


class Allowances:
    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def quotas(
        self,
        caller: Caller,
        scope: Scope,
        project_id: str | None = None,
        region: str | None = None,
    ) -> Found:
        """Return what a project may have, by service and name.

        3 requests, 4 where Neutron does not tell what is used; no
        statement. Raises NotFound if the project is not within the scope.
        """
        region = self._operations.region(region)
        wanted = project_id or caller.project_id
        if wanted is None:
            raise Invalid("project_id", "say which: you have none here")
        if not scope.holds(wanted):
            raise NotFound(f"Project {wanted} not found.")
        operator = self._operations.operator(caller, region)
        told = operator.allowances.quotas(wanted)
        return Found(
            [_with_unit(allowance) for allowance in told],
            computed={
                "region": lambda row: region,
                "project_id": lambda row: wanted,
            },
        )

    def limits(self, caller: Caller, region: str | None = None) -> Found:
        """Return what the project of the credentials may have of Nova and
        Cinder. 2 requests; no statement."""
        region = self._operations.region(region)
        operator = self._operations.operator(caller, region)
        return Found(
            [
                allowance
                for service, told in operator.allowances.limits().items()
                for allowance in paired(service, told)
            ],
            computed={"region": lambda row: region},
        )

    def capacity(self, caller: Caller, region: str | None = None) -> Found:
        """Return what the hypervisors of a region have. 1 request a page; no
        statement."""
        region = self._operations.region(region)
        operator = self._operations.operator(caller, region)
        return Found(
            [operator.allowances.capacity()],
            computed={"region": lambda row: region},
        )


def _with_unit(allowance: Allowance) -> Allowance:
    name = _RENAMED.get((allowance.service, allowance.name), allowance.name)
    return dc.replace(allowance, name=name)


def paired(service: str, told: Mapping[str, int]) -> Iterator[Allowance]:
    """Yield each limit with what of it is used, by name. Nothing is lost: a
    limit that we have no name for keeps its own.

    -1 is no limit. A Nova that counts nothing says -1 of what is used, too.
    """
    known = _LIMITS.get(service, {})
    used = {name for _, name in known.values()}
    found = [
        Allowance(
            service,
            name,
            _number(limit),
            used=None if counted is None else _number(told.get(counted)),
        )
        for theirs, limit in told.items()
        if theirs not in used
        for name, counted in [known.get(theirs, (theirs, None))]
    ]
    yield from sorted(found, key=lambda allowance: allowance.name)


def _number(told: int | None) -> int | None:
    return None if told is None or told < 0 else told
