"""Neutron: networks, routers, floating IPs and ports."""

from __future__ import annotations

from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Part,
)
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
