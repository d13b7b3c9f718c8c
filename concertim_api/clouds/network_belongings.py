"""What is on a network, and whose it is: what goes when the network does.

A port says by its owner who holds it. Neutron takes its own ports away with
the network; what nobody holds, and the interfaces of routers, belong to it.
All else is somebody's.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from concertim_api.domain.errors import Conflict

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

#: By these, routers reach the network.
_INTERFACES = frozenset(
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
        elif owner in _INTERFACES:
            interfaces.append(port)
        else:
            free.append(port)
    if others:
        raise _in_use(network_id, others)
    return Belongings(free, interfaces)


def without_addresses(
    network_id: str, addresses: Iterable[Mapping[str, Any]]
) -> None:
    """Raise Conflict if floating IPs lead to a network."""
    others = [
        f"floating IP {data.get('floating_ip_address') or data.get('id')}"
        for data in addresses
    ]
    if others:
        raise _in_use(network_id, others)


def _holder(port: Port, owner: str, project_id: str | None) -> str:
    """Return who holds a port, if it is not the network itself."""
    device_id = port.get("device_id") or ""
    if owner.startswith("compute:"):
        return f"server {device_id}"
    if owner not in _INTERFACES and (owner or device_id):
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
