"""What a project leaves behind: ``services.cloud.acting.RemainsActions``."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.operating.leftovers import Leftovers
from concertim_api.clouds.openstack.operating.refusals import state_conflicts
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import Remainder

#: The device owners of ports that are interfaces of routers: plain,
#: distributed and highly available ones.
_INTERFACES = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)


class RemainsOrders:
    def __init__(
        self, storage: Service, network: Service, leftovers: Leftovers
    ) -> None:
        self._storage = storage
        self._network = network
        self._leftovers = leftovers

    def of(self, project_id: str) -> Sequence[Remainder]:
        return self._leftovers.of(project_id)

    def other_regions(self) -> set[str]:
        return self._leftovers.other_regions()

    def delete_snapshot(self, snapshot_id: str) -> None:
        with state_conflicts():
            self._storage.request(
                "DELETE", f"/snapshots/{quoted(snapshot_id)}"
            )

    def delete_backup(self, backup_id: str) -> None:
        with state_conflicts():
            self._storage.request("DELETE", f"/backups/{quoted(backup_id)}")

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        self._network.request(
            "DELETE", f"/floatingips/{quoted(floating_ip_id)}"
        )

    def delete_router(self, router_id: str) -> None:
        path = f"/routers/{quoted(router_id)}"
        query = Query("/ports", {"device_id": router_id})
        for port in paging.items(self._network, query):
            if port.get("device_owner") in _INTERFACES:
                with contextlib.suppress(NotFound):
                    self._network.request(
                        "PUT",
                        f"{path}/remove_router_interface",
                        {"port_id": port["id"]},
                    )
        self._network.request("DELETE", path)

    def delete_port(self, port_id: str) -> None:
        self._network.request("DELETE", f"/ports/{quoted(port_id)}")
