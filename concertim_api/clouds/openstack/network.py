"""Neutron: networks, routers, floating IPs and ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from concertim_api.clouds.base import Reader
from concertim_api.clouds.openstack.collection import Collection, Collections
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import neutron
from concertim_api.services.cloud.reading import ListedPage

_READERS: Mapping[str, Reader] = {
    "network": neutron.network,
    "router": neutron.router,
    "floating_ip": neutron.floating_ip,
    "port": neutron.port,
}


_COLLECTIONS = {
    "network": Collection("network", "/networks", "network"),
    "router": Collection("router", "/routers", "router"),
    "floating_ip": Collection("floating_ip", "/floatingips", "floatingip"),
    "port": Collection("port", "/ports", "port"),
}


class Network:
    kinds = tuple(_COLLECTIONS)

    def __init__(self, api: Collections) -> None:
        self._api = api

    def listing(self, kind: str) -> Iterator[ListedPage]:
        """One request a page."""
        return self._api.listing(_COLLECTIONS[kind], _READERS[kind])

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        return self._api.look(_COLLECTIONS[kind], resource_id, _READERS[kind])
