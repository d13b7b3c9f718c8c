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

IGNORED = {
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
