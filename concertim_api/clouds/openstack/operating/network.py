"""Neutron: ``services.cloud.acting.NetworkActions``."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from concertim_api.clouds.network_belongings import (
    belongings,
    without_addresses,
)
from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import NotFound

#: Ports in one query. A URL has a limited length.
_MAX_PORTS = 50


class NetworkOrders:
    def __init__(self, service: Service) -> None:
        self._service = service

    def delete_network(
        self, network_id: str, project_id: str | None = None
    ) -> Sequence[str]:
        query = Query("/ports", {"network_id": network_id})
        ports = paging.items(self._service, query)
        parts = belongings(network_id, ports, project_id)
        self._check_addresses(network_id, [port["id"] for port in parts.free])
        deleted: list[str] = []
        for port in parts.interfaces:
            with contextlib.suppress(NotFound):
                self._remove(port)
                deleted.append(port["id"])
        for port in parts.free:
            with contextlib.suppress(NotFound):
                self._service.request("DELETE", f"/ports/{quoted(port['id'])}")
                deleted.append(port["id"])
        self._service.request("DELETE", f"/networks/{quoted(network_id)}")
        return [*deleted, network_id]

    def _check_addresses(self, network_id: str, port_ids: list[str]) -> None:
        for first in range(0, len(port_ids), _MAX_PORTS):
            params = {"port_id": port_ids[first : first + _MAX_PORTS]}
            query = Query("/floatingips", params)
            addresses = paging.items(self._service, query)
            without_addresses(network_id, addresses)

    def _remove(self, interface: Mapping[str, Any]) -> None:
        router_id = quoted(interface["device_id"])
        self._service.request(
            "PUT",
            f"/routers/{router_id}/remove_router_interface",
            {"port_id": interface["id"]},
        )
