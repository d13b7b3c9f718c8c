"""Networks, ports, routers and floating IPs: shape and details of each.

Neutron's notifications hold what its API answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    optional_text,
    present,
    second,
    stamp,
    text,
)

#: Reads shape and details of one thing.
Attributes = Callable[[Payload], tuple[dict[str, Any], dict[str, Any]]]

_Both = tuple[dict[str, Any], dict[str, Any]]


def facts(thing: Payload, attributes: Attributes) -> Facts:
    """Return what Neutron says of a thing."""
    shape, details = attributes(thing)
    return Facts(
        id=text(thing, "id"),
        project_id=optional_text(thing, "project_id")
        or optional_text(thing, "tenant_id"),
        shape=present(**shape),
        details=present(
            name=optional_text(thing, "name"),
            state=optional_text(thing, "status"),
            description=optional_text(thing, "description"),
            created_at=stamp(thing, "created_at"),
            **details,
        ),
        since=second(thing, "created_at"),
    )


def _sorted(values: object) -> list[str] | None:
    """Return a list that Neutron gives in no certain order."""
    return sorted(map(str, values)) if isinstance(values, list) else None


def _addresses(fixed_ips: object) -> list[str] | None:
    if not isinstance(fixed_ips, list):
        return None
    return sorted(
        str(ip["ip_address"])
        for ip in fixed_ips
        if isinstance(ip, Mapping) and "ip_address" in ip
    )


def network(network: Payload) -> _Both:
    return (
        {
            "external": network.get("router:external"),
            "shared": network.get("shared"),
        },
        {
            "subnets": _sorted(network.get("subnets")),
            "mtu": network.get("mtu"),
            "admin_state_up": network.get("admin_state_up"),
            "network_type": network.get("provider:network_type"),
            "segmentation_id": network.get("provider:segmentation_id"),
            "port_security_enabled": network.get("port_security_enabled"),
            # Only the API says this, and not in every release.
            "l2_adjacency": network.get("l2_adjacency"),
        },
    )


def port(port: Payload) -> _Both:
    return (
        {"network_id": port.get("network_id")},
        {
            "device_id": port.get("device_id"),
            "device_owner": port.get("device_owner"),
            "mac_address": port.get("mac_address"),
            "addresses": _addresses(port.get("fixed_ips")),
            "host": port.get("binding:host_id"),
            "vnic_type": port.get("binding:vnic_type"),
        },
    )


def router(router: Payload) -> _Both:
    gateway = router.get("external_gateway_info") or {}
    return (
        {"external_network_id": gateway.get("network_id")},
        {
            "external_addresses": _addresses(
                gateway.get("external_fixed_ips") or []
            ),
            "admin_state_up": router.get("admin_state_up"),
        },
    )


def floating_ip(address: Payload) -> _Both:
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
