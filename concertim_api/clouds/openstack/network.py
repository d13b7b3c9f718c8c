"""Neutron: networks, routers, floating IPs and ports, and the deletion of a
network with what belongs to it.

A port says by its owner who holds it. Neutron takes its own ports away with
the network; what nobody holds, and the interfaces of routers, belong to it.
All else is somebody's.
"""

from __future__ import annotations

import contextlib
import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Part,
    quoted,
)
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.payloads import neutron

_READERS = (
    (Collection("network", "/networks", "network"), neutron.network),
    (Collection("router", "/routers", "router"), neutron.router),
    (
        Collection("floating_ip", "/floatingips", "floatingip"),
        neutron.floating_ip,
    ),
    (Collection("port", "/ports", "port"), neutron.port),
)


def network(api: CollectionReader) -> Part:
    return Part(api, _READERS)


Port = Mapping[str, Any]

#: Neutron makes and deletes these itself.
_NEUTRONS = frozenset(
    {
        "network:dhcp",
        "network:distributed",
        "network:floatingip_agent_gateway",
        "network:router_centralized_snat",
    }
)

#: By these, routers reach the network: plain, distributed and highly
#: available ones.
INTERFACES = frozenset(
    {
        "network:router_interface",
        "network:router_interface_distributed",
        "network:ha_router_replicated_interface",
    }
)

#: Of those that are told in an error.
_MANY = 3


@dc.dataclass(frozen=True, slots=True)
class Belongings:
    """Ports that belong to a network: those that nobody holds, and the
    interfaces of routers."""

    free: Sequence[Port]
    interfaces: Sequence[Port]


def belongings(
    network_id: str, ports: Iterable[Port], project_id: str | None
) -> Belongings:
    """Return what belongs to a network of a project (None: whose is not
    asked). Raises Conflict, which names what does not."""
    free: list[Port] = []
    interfaces: list[Port] = []
    others: list[str] = []
    for port in ports:
        owner = port.get("device_owner") or ""
        if owner in _NEUTRONS:
            continue
        holder = _holder(port, owner, project_id)
        if holder:
            others.append(holder)
        elif owner in INTERFACES:
            interfaces.append(port)
        else:
            free.append(port)
    if others:
        raise _in_use(network_id, others)
    return Belongings(free, interfaces)


def _holder(port: Port, owner: str, project_id: str | None) -> str:
    """Return who holds a port, if it is not the network itself."""
    device_id = port.get("device_id") or ""
    if owner.startswith("compute:"):
        return f"server {device_id}"
    if owner not in INTERFACES and (owner or device_id):
        return f"port {port['id']} ({owner or 'device'} {device_id})"
    holder_project = port.get("project_id") or port.get("tenant_id")
    if project_id and holder_project and holder_project != project_id:
        return f"port {port['id']} of project {holder_project}"
    return ""


def _in_use(network_id: str, others: Sequence[str]) -> Conflict:
    text = ", ".join(sorted(others)[:_MANY])
    more = len(others) - _MANY
    text += f" and {more} more" if more > 0 else ""
    return Conflict(f"Network {network_id} is in use: {text}.")


#: Ports in one query. A URL has a limited length.
_MAX_PORTS = 50


@dc.dataclass(frozen=True, slots=True)
class NetworkOrders:
    """``services.cloud.acting.NetworkActions``."""

    service: Service

    def delete_network(
        self, network_id: str, project_id: str | None = None
    ) -> Sequence[str]:
        query = Query("/ports", {"network_id": network_id})
        ports = paging.items(self.service, query)
        parts = belongings(network_id, ports, project_id)
        self._check_addresses(network_id, [port["id"] for port in parts.free])
        deleted: list[str] = []
        for port in parts.interfaces:
            with contextlib.suppress(NotFound):
                remove(self.service, port)
                deleted.append(port["id"])
        for port in parts.free:
            with contextlib.suppress(NotFound):
                self.service.request("DELETE", f"/ports/{quoted(port['id'])}")
                deleted.append(port["id"])
        self.service.request("DELETE", f"/networks/{quoted(network_id)}")
        return [*deleted, network_id]

    def _check_addresses(self, network_id: str, port_ids: list[str]) -> None:
        for first in range(0, len(port_ids), _MAX_PORTS):
            params = {"port_id": port_ids[first : first + _MAX_PORTS]}
            query = Query("/floatingips", params)
            addresses = [
                f"floating IP {ip.get('floating_ip_address') or ip.get('id')}"
                for ip in paging.items(self.service, query)
            ]
            if addresses:
                raise _in_use(network_id, addresses)


def remove(service: Service, interface: Port) -> None:
    """Remove an interface from its router. 1 request."""
    router_id = quoted(interface["device_id"])
    service.request(
        "PUT",
        f"/routers/{router_id}/remove_router_interface",
        {"port_id": interface["id"]},
    )
