"""What a project leaves in memory: ``services.operator.RemainsOperator``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from concertim_api.domain.errors import Conflict, NotFound

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeRemains:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

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
