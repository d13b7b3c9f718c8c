"""Quotas and limits of projects, and statistics of the whole cloud.

Each call is a request to the cloud: nothing is stored.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.cloud.acting import Caller, Quota
from concertim_api.services.common.listing import Page, Scope
from concertim_api.services.operations.operations import Operations

#: service -> limit -> our name, and the service's name for the used part. Our
#: names have the unit. A limit that is not here keeps its name.
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

#: Names of quotas that lack the unit.
_RENAMED = {("compute", "ram"): "ram_mb"}


class Quotas:
    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def quotas(
        self,
        caller: Caller,
        scope: Scope,
        project_id: str | None = None,
        region: str | None = None,
    ) -> Page:
        """Return the quotas of a project, by service and name.

        3 requests, 4 where Neutron does not tell the used part; no
        statement. Raises NotFound if the project is not within the scope.
        """
        region = self._operations.region(region)
        project = project_id or caller.project_id
        if project is None:
            raise Invalid("project_id", "say which: you have none here")
        if not scope.holds(project):
            raise NotFound(f"Project {project} not found.")
        actions = self._operations.actions(caller, region)
        return Page(
            [_with_unit(quota) for quota in actions.quotas.quotas(project)],
            computed={
                "region": lambda row: region,
                "project_id": lambda row: project,
            },
        )

    def limits(self, caller: Caller, region: str | None = None) -> Page:
        """Return the limits of the credentials' project in Nova and Cinder.
        2 requests; no statement."""
        region = self._operations.region(region)
        actions = self._operations.actions(caller, region)
        return Page(
            [
                limit
                for service, values in actions.quotas.limits().items()
                for limit in paired(service, values)
            ],
            computed={"region": lambda row: region},
        )

    def statistics(self, caller: Caller, region: str | None = None) -> Page:
        """Return the statistics of a region's hypervisors. 1 request a page;
        no statement."""
        region = self._operations.region(region)
        actions = self._operations.actions(caller, region)
        return Page(
            [actions.quotas.statistics()],
            computed={"region": lambda row: region},
        )


def _with_unit(quota: Quota) -> Quota:
    name = _RENAMED.get((quota.service, quota.name), quota.name)
    return dc.replace(quota, name=name)


def paired(service: str, values: Mapping[str, int]) -> list[Quota]:
    """Return each limit with its used part, by name.

    A limit that we have no name for keeps its own. -1 is no limit; a Nova
    that counts nothing also answers -1 for the used part.
    """
    names = _LIMITS.get(service, {})
    used_names = {used for _, used in names.values()}
    limits = [
        Quota(
            service,
            name,
            _number(value),
            used=None if used is None else _number(values.get(used)),
        )
        for key, value in values.items()
        if key not in used_names
        for name, used in [names.get(key, (key, None))]
    ]
    return sorted(limits, key=lambda limit: limit.name)


def _number(value: int | None) -> int | None:
    return None if value is None or value < 0 else value
