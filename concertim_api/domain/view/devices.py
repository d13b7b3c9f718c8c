"""Devices: servers, volumes and networks, as they stand in a rack."""

from __future__ import annotations

import collections
import functools
import ipaddress
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from concertim_api.domain import attributes
from concertim_api.domain.attributes import boolean, text, texts, whole
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import statuses
from concertim_api.domain.view.model import (
    Around,
    Device,
    DeviceType,
    Fact,
    Rules,
)
from concertim_api.domain.view.slots import Slot


class Type(NamedTuple):
    """How a kind of resource becomes a device.

    ``template``: what the front end makes it of; None: its flavor says.
    """

    name: DeviceType
    height_u: Callable[[Fact, Rules], int]
    status: Callable[[Fact], str]
    details: Callable[[Fact, Surroundings], dict[str, Any]]
    template: str | None = None
    from_top: bool = False


class Surroundings:
    """What is around the members of a rack, to be found by their ids."""

    def __init__(self, around: Around, members: Iterable[Fact]) -> None:
        self._networks = around.networks
        self._volume_types = around.volume_types
        self._ports: dict[str, list[Fact]] = collections.defaultdict(list)
        self._public: dict[str, list[str]] = collections.defaultdict(list)
        self._volumes: dict[str, set[str]] = collections.defaultdict(set)
        for port in around.ports:
            self._ports[text(port.details.get("device_id"))].append(port)
        for floating in around.floating_ips:
            self._public[_where(floating)].append(
                text(floating.details.get("address"))
            )
        for fact in (*around.volumes, *members):
            for server in texts(fact.shape.get("attached_to")):
                self._volumes[server].add(fact.ref.id)

    def private_ips(self, server: Fact) -> tuple[str, ...]:
        """Return its ports' addresses, or what it says if it has none."""
        ports = self._ports.get(server.ref.id)
        told = [port.details for port in ports or ()] or [server.details]
        return _by_number(
            address
            for details in told
            for address in texts(details.get("addresses"))
        )

    def public_ips(self, server: Fact) -> tuple[str, ...]:
        """Return the floating IPs of its ports, or of its addresses."""
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
        """Return the names of its ports' networks; without name, the ids."""
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


def _where(floating: Fact) -> str:
    """Return where a floating IP leads: to a port, or to an address."""
    port = text(floating.details.get("port_id"))
    fixed = text(floating.details.get("fixed_address"))
    return port or f"{floating.project_id}/{fixed}"


def _by_number(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({a for a in addresses if a}, key=_number))


@functools.lru_cache(maxsize=65536)  # most addresses are met again and again
def _number(address: str) -> tuple[int, int, str]:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return 9, 0, address
    return found.version, int(found), address


def _server(fact: Fact, around: Surroundings) -> dict[str, Any]:
    flavor = attributes.section(fact.shape.get("flavor"))
    return {
        "ssh_key": text(fact.details.get("key_name")) or None,
        "login_user": None,  # whom an image lets in, no API tells
        "volume_details": around.volumes(fact),
        "vcpus": whole(flavor.get("vcpus")),
        "ram_mb": whole(flavor.get("ram_mb")),
        "disk_gb": whole(flavor.get("disk_gb")),
    }


def _volume(fact: Fact, around: Surroundings) -> dict[str, Any]:
    details = fact.details
    return {
        "availability_zone": text(details.get("availability_zone")) or None,
        "bootable": boolean(details.get("bootable")),
        "encrypted": boolean(details.get("encrypted")),
        "size": whole(fact.shape.get("size_gb")),
        "volume_type": around.volume_type(text(fact.shape.get("type"))),
        "attached_to": list(texts(fact.shape.get("attached_to"))),
    }


def _network(fact: Fact, around: Surroundings) -> dict[str, Any]:
    details = fact.details
    return {
        "admin_state_up": boolean(details.get("admin_state_up")),
        "l2_adjacency": boolean(details.get("l2_adjacency")),
        "mtu": whole(details.get("mtu")),
        "shared": boolean(fact.shape.get("shared")),
        "external": boolean(fact.shape.get("external")),
        "port_security_enabled": boolean(details.get("port_security_enabled")),
    }


def _server_height(fact: Fact, rules: Rules) -> int:
    flavor = attributes.section(fact.shape.get("flavor"))
    return rules.height_u(whole(flavor.get("vcpus")))


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
    fact: Fact, rack: Ref, name: str, slot: Slot | None, around: Surroundings
) -> Device:
    """Return a member of a rack as a device."""
    kind = TYPES[fact.ref.kind]
    flavor = attributes.section(fact.shape.get("flavor"))
    server = kind.template is None
    return Device(
        ref=fact.ref,
        rack=rack,
        project_id=fact.project_id,
        name=name,
        label=fact.label,
        type=kind.name,
        status=kind.status(fact),
        state=fact.state,
        slot=slot,
        template_id=kind.template or text(flavor.get("id")) or None,
        template=kind.template or text(flavor.get("name")) or None,
        details=kind.details(fact, around),
        public_ips=around.public_ips(fact) if server else (),
        private_ips=around.private_ips(fact) if server else (),
        networks=around.networks(fact) if server else (),
        created_at=fact.created_at,
    )
