"""Quotas, limits and statistics: ``services.cloud.acting.QuotaActions``."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from concertim_api.clouds.base import readable
from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.cloud.acting import CloudStatistics, Quota

#: From 2.57 on Nova leaves out what Neutron counts.
_COMPUTE_VERSIONS = ("2.1", "2.57")

#: Hypervisors have UUIDs since 2.53. 2.87 is the last microversion that says
#: what each of them has.
_HYPERVISOR_VERSIONS = ("2.53", "2.87")

_HYPERVISORS = Query("/os-hypervisors/detail", versions=_HYPERVISOR_VERSIONS)


@dc.dataclass(frozen=True, slots=True)
class QuotaOrders:
    """``services.cloud.acting.QuotaActions``."""

    compute: Service
    storage: Service
    network: Service

    def limits(self) -> Mapping[str, Mapping[str, int]]:
        questions = (
            ("compute", self.compute, _COMPUTE_VERSIONS),
            ("volume", self.storage, None),
        )
        return {
            name: _absolute(service.get("/limits", None, versions).body)
            for name, service, versions in questions
            if service.exists()
        }

    def quotas(self, project_id: str) -> Sequence[Quota]:
        questions = (
            ("compute", self.compute, self._of_nova),
            ("volume", self.storage, self._of_cinder),
            ("network", self.network, self._of_neutron),
        )
        return [
            quota
            for name, service, read in questions
            if service.exists()
            for quota in _quotas(name, read(quoted(project_id)))
        ]

    def _of_nova(self, project_id: str) -> Any:
        path = f"/os-quota-sets/{project_id}/detail"
        try:
            return self.compute.get(path, versions=_COMPUTE_VERSIONS).body
        except Invalid:
            # Nova asks Keystone; there is nothing else in it to be wrong.
            raise NotFound(f"Project {project_id} not found.") from None

    def _of_cinder(self, project_id: str) -> Any:
        path = f"/os-quota-sets/{project_id}"
        return self.storage.get(path, {"usage": "true"}).body

    def _of_neutron(self, project_id: str) -> Any:
        """Return the quotas; with what is used, if Neutron has that
        extension."""
        path = f"/quotas/{project_id}"
        try:
            return self.network.get(f"{path}/details.json").body
        except NotFound:
            return self.network.get(path).body

    def statistics(self) -> CloudStatistics:
        """See the port. A hypervisor of Ironic is a node; what has no size
        counts as nothing."""
        rows = paging.items(self.compute, _HYPERVISORS)
        with readable("Nova's answer does not say what its hypervisors have"):
            return total(rows)


def _absolute(body: Any) -> Mapping[str, int]:
    with readable("the cloud's answer holds no limits"):
        limits = body["limits"]["absolute"]
        return {name: int(limits[name]) for name in sorted(limits)}


def _quotas(service: str, body: Any) -> Iterator[Quota]:
    with readable(f"the cloud's answer holds no quotas of {service}"):
        quotas = body["quota" if service == "network" else "quota_set"]
        for name in sorted(quotas):
            if name != "id":
                yield _quota(service, name, quotas[name])


def _quota(service: str, name: str, value: Any) -> Quota:
    """Read a quota: a limit, or more than that.

    -1 is no limit. A Nova that counts nothing says that -1 is used.
    """
    fields = value if isinstance(value, Mapping) else {"limit": value}
    used = fields.get("used", fields.get("in_use"))
    return Quota(
        service,
        name,
        _number(int(fields["limit"])),
        used=_number(used),
        reserved=_number(fields.get("reserved")),
    )


def _number(value: int | None) -> int | None:
    return None if value is None or value < 0 else value


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
