"""Neutron's networks, ports, routers and floating IPs.

Its notifications have the same objects as the answers of its API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.payloads.facts import (
    FieldReader,
    Form,
    Payload,
    as_is,
    optional_text,
    read_by,
    stamp,
)


def _sorted(payload: Payload, field: str) -> list[str] | None:
    """Return the texts of a list, sorted: Neutron's order may change."""
    texts = payload.get(field)
    return sorted(map(str, texts)) if isinstance(texts, list) else None


def _or_empty(payload: Payload, field: str) -> object:
    return payload.get(field) or ""


def _addresses(payload: Payload, field: str) -> list[str] | None:
    fixed_ips = payload.get(field)
    if not isinstance(fixed_ips, list):
        return None
    return sorted(
        str(ip["ip_address"])
        for ip in fixed_ips
        if isinstance(ip, Mapping) and "ip_address" in ip
    )


def _gateway_network(payload: Payload, field: str) -> object:
    return (payload.get(field) or {}).get("network_id")


def _gateway_addresses(payload: Payload, field: str) -> list[str] | None:
    gateway = payload.get(field) or {}
    if not gateway.get("external_fixed_ips"):
        return []
    return _addresses(gateway, "external_fixed_ips")


def _form(
    shape: Mapping[str, FieldReader], details: Mapping[str, FieldReader]
) -> Form:
    names = read_by(optional_text, "name state description")
    return Form(shape, {**names, "created_at": stamp, **details})


#: The fields that all objects of Neutron have in common.
COMMON: Mapping[str, Any] = {
    "project_id": ("project_id", "tenant_id"),
    "state": "status",
}

NETWORK = _form(
    read_by(as_is, "external shared"),
    {
        "subnets": _sorted,
        **read_by(as_is, "mtu admin_state_up network_type segmentation_id"),
        # Only the API has the last one, and not in every release.
        **read_by(as_is, "port_security_enabled l2_adjacency"),
    },
)
network = NETWORK.spelled(
    external="router:external",
    network_type="provider:network_type",
    segmentation_id="provider:segmentation_id",
    **COMMON,
)

PORT = _form(
    {"network_id": as_is},
    {
        **read_by(as_is, "device_id device_owner mac_address host vnic_type"),
        "addresses": _addresses,
    },
)
port = PORT.spelled(
    addresses="fixed_ips",
    host="binding:host_id",
    vnic_type="binding:vnic_type",
    **COMMON,
)

ROUTER = _form(
    {"external_network_id": _gateway_network},
    {"external_addresses": _gateway_addresses, "admin_state_up": as_is},
)
router = ROUTER.spelled(
    external_network_id="external_gateway_info",
    external_addresses="external_gateway_info",
    **COMMON,
)

#: Its address stands for a name.
FLOATING_IP = _form(
    {"network_id": as_is},
    {
        "address": as_is,
        **read_by(_or_empty, "fixed_address port_id router_id"),
    },
)
floating_ip = FLOATING_IP.spelled(
    network_id="floating_network_id",
    address="floating_ip_address",
    fixed_address="fixed_ip_address",
    **COMMON,
)
