"""Neutron's networks, ports, routers and floating IPs.

Its notifications have the same objects as the answers of its API.
"""

from __future__ import annotations

from collections.abc import Mapping

from concertim_api.payloads.facts import (
    Payload,
    as_is,
    optional_text,
    stamp,
)
from concertim_api.payloads.spelling import (
    FieldReader,
    Form,
    Spelling,
    read_by,
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


_Readers = Mapping[str, FieldReader]


def _spelled(shape: _Readers, details: _Readers, **fields: str) -> Spelling:
    common = {
        **read_by(optional_text, "name state description"),
        "created_at": stamp,
    }
    return Form(shape, {**common, **details}).spelled(
        project_id=("project_id", "tenant_id"), state="status", **fields
    )


network = _spelled(
    read_by(as_is, "external shared"),
    {
        "subnets": _sorted,
        **read_by(as_is, "mtu admin_state_up network_type segmentation_id"),
        # Only the API has the last one, and not in every release.
        **read_by(as_is, "port_security_enabled l2_adjacency"),
    },
    external="router:external",
    network_type="provider:network_type",
    segmentation_id="provider:segmentation_id",
)
port = _spelled(
    {"network_id": as_is},
    {
        **read_by(as_is, "device_id device_owner mac_address host vnic_type"),
        "addresses": _addresses,
    },
    addresses="fixed_ips",
    host="binding:host_id",
    vnic_type="binding:vnic_type",
)
router = _spelled(
    {"external_network_id": _gateway_network},
    {"external_addresses": _gateway_addresses, "admin_state_up": as_is},
    external_network_id="external_gateway_info",
    external_addresses="external_gateway_info",
)
#: Its address stands for a name.
floating_ip = _spelled(
    {"network_id": as_is},
    {
        "address": as_is,
        **read_by(_or_empty, "fixed_address port_id router_id"),
    },
    network_id="floating_network_id",
    address="floating_ip_address",
    fixed_address="fixed_ip_address",
)
