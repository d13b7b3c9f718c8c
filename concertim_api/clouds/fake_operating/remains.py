"""What a project leaves in memory:
``services.cloud.acting.RemainsOperator``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from concertim_api.domain.errors import Conflict, NotFound, Unasked
from concertim_api.services.cloud.acting import Remainder

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


#: What services call the name of a thing.
NAMES = ("name", "stack_name", "floating_ip_address")

#: Kind -> the field that has the id of the project.
_OWNERS = {
    "stack": "project",
    "instance": "tenant_id",
    "backup": "os-backup-project-attr:project_id",
    "snapshot": "os-extended-snapshot-attributes:project_id",
    "volume": "os-vol-tenant-attr:tenant_id",
    "floating_ip": "project_id",
    "router": "project_id",
    "network": "project_id",
    "port": "project_id",
    "image": "owner",
    "load_balancer": "project_id",
    "share": "project_id",
}


class FakeRemains:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def of(self, project_id: str) -> Sequence[Remainder]:
        self._cloud.deferred.run()
        return [
            remainder
            for kind, owner in _OWNERS.items()
            for remainder in self._first(kind, owner, project_id)
        ]

    def other_regions(self) -> set[str]:
        return set()

    def _first(
        self, kind: str, owner: str, project_id: str
    ) -> Sequence[Remainder]:
        """Return the first thing of a kind that a project has, if any."""
        error = self._cloud.broken.get(kind)
        if error is not None:
            raise Unasked(f"{kind} of {self._cloud.region}", str(error))
        for thing in self._cloud.things.get(kind, {}).values():
            if thing.get(owner) == project_id and not _is_gone(thing):
                names = map(thing.get, NAMES)
                name = next(filter(None, names), None)
                region = self._cloud.region
                return [Remainder(region, kind, thing["id"], name)]
        return []

    def delete_snapshot(self, snapshot_id: str) -> None:
        self._delete("snapshot", snapshot_id)

    def delete_backup(self, backup_id: str) -> None:
        self._delete("backup", backup_id)

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        self._delete("floating_ip", floating_ip_id)

    def delete_router(self, router_id: str) -> None:
        addresses = self._cloud.things.get("floating_ip", {}).values()
        if any(one.get("router_id") == router_id for one in addresses):
            raise Conflict(f"Router {router_id} is needed by a floating IP.")
        self._delete("router", router_id)
        ports = self._cloud.things.get("port", {})
        for port_id, port in [*ports.items()]:
            if port.get("device_id") == router_id:
                del ports[port_id]

    def delete_port(self, port_id: str) -> None:
        self._delete("port", port_id)

    def _delete(self, kind: str, thing_id: str) -> None:
        if self._cloud.things.get(kind, {}).pop(thing_id, None) is None:
            raise NotFound(f"There is no {kind} {thing_id}.")


def _is_gone(thing: Mapping[str, Any]) -> bool:
    """Whether it is a stack that was deleted, or a part of another."""
    is_deleted = thing.get("stack_status") == "DELETE_COMPLETE"
    return is_deleted or bool(thing.get("stack_name") and thing.get("parent"))
