"""Neutron: networks, ports, routers and floating IPs.

Several of them made in one request come in one notification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from concertim_api.listener.facts import (
    Facts,
    Payload,
    Row,
    each,
    optional_text,
    present,
    second,
    section,
    text,
)

_Attributes = tuple[dict[str, Any], dict[str, Any]]


def _reader(
    noun: str, attributes: Callable[[Payload], _Attributes]
) -> Callable[[Payload], Iterable[Facts]]:
    def read(payload: Payload) -> Iterable[Facts]:
        for thing in each(noun, payload):
            shape, details = attributes(thing)
            yield Facts(
                id=text(thing, "id"),
                project_id=optional_text(thing, "project_id")
                or optional_text(thing, "tenant_id"),
                shape=present(**shape),
                details=present(
                    name=optional_text(thing, "name"),
                    state=optional_text(thing, "status"),
                    description=optional_text(thing, "description"),
                    **details,
                ),
                since=second(thing, "created_at"),
            )

    return read


def _deleted(
    noun: str, read: Callable[[Payload], Iterable[Facts]]
) -> Callable[[Payload], Iterable[Facts]]:
    """Older releases send only the id of what was deleted."""

    def reader(payload: Payload) -> Iterable[Facts]:
        if isinstance(payload.get(noun), Mapping):
            return read(payload)
        return [Facts(id=text(payload, noun + "_id"))]

    return reader


def _network(network: Payload) -> _Attributes:
    return (
        {
            "external": network.get("router:external"),
            "shared": network.get("shared"),
        },
        {
            "subnets": network.get("subnets"),
            "mtu": network.get("mtu"),
            "admin_state_up": network.get("admin_state_up"),
            "network_type": network.get("provider:network_type"),
            "segmentation_id": network.get("provider:segmentation_id"),
        },
    )


def _port(port: Payload) -> _Attributes:
    fixed_ips = port.get("fixed_ips")
    return (
        {"network_id": port.get("network_id")},
        {
            "device_id": port.get("device_id"),
            "device_owner": port.get("device_owner"),
            "mac_address": port.get("mac_address"),
            "addresses": [
                str(ip["ip_address"])
                for ip in fixed_ips
                if isinstance(ip, Mapping) and "ip_address" in ip
            ]
            if isinstance(fixed_ips, list)
            else None,
            "host": port.get("binding:host_id"),
            "vnic_type": port.get("binding:vnic_type"),
        },
    )


def _router(router: Payload) -> _Attributes:
    gateway = router.get("external_gateway_info") or {}
    return (
        {"external_network_id": gateway.get("network_id")},
        {
            "external_addresses": [
                str(ip.get("ip_address"))
                for ip in gateway.get("external_fixed_ips") or ()
            ],
            "admin_state_up": router.get("admin_state_up"),
        },
    )


def _floating_ip(address: Payload) -> _Attributes:
    return (
        {"network_id": address.get("floating_network_id")},
        {
            # An address has no name of its own: it is one.
            "address": address.get("floating_ip_address"),
            "fixed_address": address.get("fixed_ip_address") or "",
            "port_id": address.get("port_id") or "",
            "router_id": address.get("router_id") or "",
        },
    )


def _router_interface(payload: Payload) -> Iterable[Facts]:
    """A router's own port: no event of ports tells of it."""
    interface = section(payload, "router_interface")
    yield Facts(
        id=text(interface, "port_id"),
        project_id=optional_text(interface, "project_id")
        or optional_text(interface, "tenant_id"),
        shape=present(network_id=optional_text(interface, "network_id")),
        details=present(
            device_id=optional_text(interface, "id"),
            device_owner="network:router_interface",
        ),
    )


def _rows(
    kind: str, noun: str, attributes: Callable[[Payload], _Attributes]
) -> dict[str, Row]:
    read = _reader(noun, attributes)
    return {
        f"{noun}.create.end": Row(kind, "alive", read, at=("created_at",)),
        f"{noun}.update.end": Row(kind, "alive", read),
        f"{noun}.exists": Row(kind, "alive", read),
        f"{noun}.delete.end": Row(kind, "gone", _deleted(noun, read)),
    }


ROWS: dict[str, Row] = {
    **_rows("network", "network", _network),
    **_rows("port", "port", _port),
    **_rows("router", "router", _router),
    **_rows("floating_ip", "floatingip", _floating_ip),
    "router.interface.create": Row("port", "alive", _router_interface),
    "router.interface.delete": Row("port", "gone", _router_interface),
}

IGNORED = {
    "network.*.start": "the end says what came of it",
    "port.*.start": "the end says what came of it",
    "router.*.start": "the end says what came of it",
    "floatingip.*.start": "the end says what came of it",
    "subnet.*": "part of its network, which lists it",
    "subnetpool.*": "a pool of addresses is not usage",
    "address_scope.*": "a scope of addresses is not usage",
    "binding.*": "the port is reported with its host",
    "security_group.*": "rules of a firewall are not usage",
    "security_group_rule.*": "rules of a firewall are not usage",
    "port_forwarding.*": "the floating IP is reported",
    "rbac_policy.*": "who may use a network is not usage",
    "metering_label.*": "labels of meters are the operator's",
    "metering_label_rule.*": "labels of meters are the operator's",
    "segment.*": "segments are the operator's",
    "agent.*": "agents of the cloud are not used by projects",
}
