"""Devices: servers, volumes and networks, as they stand in a rack."""

from __future__ import annotations

import collections
import functools
import ipaddress
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from concertim_api.domain import attributes
from concertim_api.domain.attributes import boolean, count, text, texts
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import statuses
from concertim_api.domain.view.model import (
    Device,
    DeviceType,
    Fact,
    RackContext,
    Rules,
)
from concertim_api.domain.view.slots import Slot


class Type(NamedTuple):
    """A type of device, and how a resource becomes one.

    ``template``: the one of all devices of the type; None: the flavor is it.
    """

    name: DeviceType
    height_u: Callable[[Fact, Rules], int]
    status: Callable[[Fact], str]
    details: Callable[[Fact, IndexedContext], dict[str, Any]]
    template: str | None = None
    from_top: bool = False


class IndexedContext:
    """A context that finds its resources by the ids of the members."""

    def __init__(self, context: RackContext, members: Iterable[Fact]) -> None:
        self._networks = context.networks
        self._volume_types = context.volume_types
        self._ports: dict[str, list[Fact]] = collections.defaultdict(list)
        self._public: dict[str, list[str]] = collections.defaultdict(list)
        self._volumes: dict[str, set[str]] = collections.defaultdict(set)
        for port in context.ports:
            self._ports[text(port.details.get("device_id"))].append(port)
        for floating_ip in context.floating_ips:
            self._public[_target(floating_ip)].append(
                text(floating_ip.details.get("address"))
            )
        for fact in (*context.volumes, *members):
            for server in texts(fact.shape.get("attached_to")):
                self._volumes[server].add(fact.ref.id)

    def private_ips(self, server: Fact) -> tuple[str, ...]:
        """Return the addresses of its ports; without ports, its own."""
        ports = self._ports.get(server.ref.id)
        sections = [port.details for port in ports or ()] or [server.details]
        return _by_number(
            address
            for details in sections
            for address in texts(details.get("addresses"))
        )

    def public_ips(self, server: Fact) -> tuple[str, ...]:
        """Return the floating_ip IPs of its ports and of its addresses."""
        ports = self._ports.get(server.ref.id, ())
        places = [port.ref.id for port in ports]
        for address in self.private_ips(server):
            places.append(f"{server.project_id}/{address}")
        return _by_number(
            address
            for place in places
            for address in self._public.get(place, ())
        )

    def networks(self, server: Fact) -> tuple[str, ...]:
        """Return the names of the networks of its ports, or their ids."""
        ids = {
            text(port.shape.get("network_id"))
            for port in self._ports.get(server.ref.id, ())
        }
        return tuple(
            sorted(self._networks.get(id_) or id_ for id_ in ids if id_)
        )

    def volumes(self, server: Fact) -> list[str]:
        return sorted(self._volumes.get(server.ref.id, ()))

    def volume_type(self, type_id: str) -> str | None:
        return self._volume_types.get(type_id) or type_id or None


def _target(floating_ip: Fact) -> str:
    """Return the target of a floating_ip IP: a port, or an address."""
    port = text(floating_ip.details.get("port_id"))
    address = text(floating_ip.details.get("fixed_address"))
    return port or f"{floating_ip.project_id}/{address}"


def _by_number(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({a for a in addresses if a}, key=_number))


@functools.lru_cache(maxsize=65536)  # most addresses come again and again
def _number(address: str) -> tuple[int, int, str]:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return 9, 0, address
    return ip.version, int(ip), address


def _server(fact: Fact, context: IndexedContext) -> dict[str, Any]:
    flavor = attributes.section(fact.shape.get("flavor"))
    return {
        "ssh_key": text(fact.details.get("key_name")) or None,
        "login_user": None,  # no API has the user of an image
        "volume_details": context.volumes(fact),
        "vcpus": count(flavor.get("vcpus")),
        "ram_mb": count(flavor.get("ram_mb")),
        "disk_gb": count(flavor.get("disk_gb")),
    }


def _volume(fact: Fact, context: IndexedContext) -> dict[str, Any]:
    details = fact.details
    return {
        "availability_zone": text(details.get("availability_zone")) or None,
        "bootable": boolean(details.get("bootable")),
        "encrypted": boolean(details.get("encrypted")),
        "size": count(fact.shape.get("size_gb")),
        "volume_type": context.volume_type(text(fact.shape.get("type"))),
        "attached_to": list(texts(fact.shape.get("attached_to"))),
    }


def _network(fact: Fact, context: IndexedContext) -> dict[str, Any]:
    details = fact.details
    return {
        "admin_state_up": boolean(details.get("admin_state_up")),
        "l2_adjacency": boolean(details.get("l2_adjacency")),
        "mtu": count(details.get("mtu")),
        "shared": boolean(fact.shape.get("shared")),
        "external": boolean(fact.shape.get("external")),
        "port_security_enabled": boolean(details.get("port_security_enabled")),
    }


def _server_height(fact: Fact, rules: Rules) -> int:
    flavor = attributes.section(fact.shape.get("flavor"))
    return rules.height_u(count(flavor.get("vcpus")))


#: kind -> the type of device that it becomes. Other kinds are in no rack.
TYPES = {
    "instance": Type(
        "Instance",
        _server_height,
        lambda fact: statuses.server_status(
            fact.state, fact.details.get("task_state")
        ),
        _server,
    ),
    "volume": Type(
        "Volume",
        lambda fact, rules: 2,
        lambda fact: statuses.volume_status(fact.state),
        _volume,
        template="volume",
    ),
    "network": Type(
        "Network",
        lambda fact, rules: 1,
        lambda fact: statuses.network_status(
            fact.state, boolean(fact.details.get("admin_state_up"))
        ),
        _network,
        template="network",
        from_top=True,
    ),
}


def device(
    fact: Fact,
    rack: Ref,
    name: str,
    slot: Slot | None,
    context: IndexedContext,
) -> Device:
    """Return a member of a rack as a device."""
    type_ = TYPES[fact.ref.kind]
    flavor = attributes.section(fact.shape.get("flavor"))
    server = type_.template is None
    return Device(
        ref=fact.ref,
        rack=rack,
        project_id=fact.project_id,
        name=name,
        label=fact.label,
        type=type_.name,
        status=type_.status(fact),
        state=fact.state,
        slot=slot,
        template_id=type_.template or text(flavor.get("id")) or None,
        template=type_.template or text(flavor.get("name")) or None,
        details=type_.details(fact, context),
        public_ips=context.public_ips(fact) if server else (),
        private_ips=context.private_ips(fact) if server else (),
        networks=context.networks(fact) if server else (),
        created_at=fact.created_at,
    )
