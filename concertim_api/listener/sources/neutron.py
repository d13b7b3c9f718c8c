"""Neutron: networks, ports, routers and floating IPs.

One notification may have several objects, made in one request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from concertim_api.listener.rows import ObjectReader, Reader, Row
from concertim_api.payloads import neutron
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    objects,
    text,
)


def _deleted(noun: str, reader: ObjectReader) -> Reader:
    """Return the reader of a deletion. Older Neutrons send only an id."""

    def read(payload: Payload) -> Iterable[Facts]:
        if isinstance(payload.get(noun), Mapping):
            return map(reader, objects(noun, payload))
        return (Facts(id=text(payload, noun + "_id")),)

    return read


def _interface_owner(payload: Payload, field: str) -> str:
    return "network:router_interface"


#: The port of a router, which no event of ports has.
_router_interface = neutron.PORT.spelled(
    id="port_id",
    wrapper="router_interface",
    device_id="id",
    device_owner=("", _interface_owner),
    **neutron.COMMON,
)


def _rows(kind: str, noun: str, reader: ObjectReader) -> dict[str, Row]:
    def read(payload: Payload) -> Iterable[Facts]:
        return map(reader, objects(noun, payload))

    return {
        f"{noun}.create.end": Row(kind, "alive", read, at=("created_at",)),
        f"{noun}.update.end": Row(kind, "alive", read),
        f"{noun}.exists": Row(kind, "alive", read),
        f"{noun}.delete.end": Row(kind, "gone", _deleted(noun, reader)),
    }


ROWS: dict[str, Row] = {
    **_rows("network", "network", neutron.network),
    **_rows("port", "port", neutron.port),
    **_rows("router", "router", neutron.router),
    **_rows("floating_ip", "floatingip", neutron.floating_ip),
    "router.interface.create": Row("port", "alive", _router_interface),
    "router.interface.delete": Row("port", "gone", _router_interface),
}

#: reason -> the events that are ignored for it
_REASONS = {
    "part of its network, which lists it": "subnet.*",
    "the port is reported with its host": "binding.*",
    "the floating IP is reported": "port_forwarding.*",
    "its port and its subports are reported": "trunk.*",
    "a path between ports, which are reported": (
        "flow_classifier.* port_chain.* port_pair* tap_*"
    ),
    "its ports and addresses are reported": (
        "bgp* endpoint_group.* ikepolicy.* ipsec* network_association.*"
        " port_association.* router_association.* vpnservice.*"
    ),
    "of a router, a port or a network, which is reported": (
        "conntrack_helper.* local_ip.* ndp_proxy.* tag.*"
    ),
    "a pool of addresses is not usage": (
        "address_scope.* floatingip_pool.* subnetpool.*"
    ),
    "rules of a firewall are not usage": (
        "address_group.* firewall_* log.* security_group.*"
        " security_group_rule.* security_groups_default_statefulnes*"
    ),
    "rules of quality are not usage": (
        "*bandwidth_limit_rule.* *dscp_marking_rule.*"
        " *minimum_bandwidth_rule.* *packet_rate*_rule.* policy.*"
    ),
    "who may use a network is not usage": "rbac_policy.*",
    "labels of meters are the operator's": (
        "metering_label.* metering_label_rule.*"
    ),
    "what the cloud offers is not usage": (
        "auto_allocated_topology.* availability_zone.* flavor.*.end"
        " loggable_resource.* network_ip_availability.*"
        " network_segment_range.* rule_type.* segment.* service_profile.*"
        " service_provider.*"
    ),
    "agents of the cloud are not used by projects": (
        "agent.* dhcp_agent.* dhcp_network.* next_provider.*"
    ),
}

IGNORED = {
    pattern: reason
    for reason, patterns in _REASONS.items()
    for pattern in patterns.split()
}
