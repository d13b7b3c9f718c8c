"""Neutron in memory: ``services.cloud.acting.NetworkOperator``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from concertim_api.clouds.network_belongings import (
    belongings,
    without_addresses,
)
from concertim_api.domain.errors import NotFound

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeNetwork:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def delete_network(
        self, network_id: str, project_id: str | None = None
    ) -> Sequence[str]:
        things = self._cloud.things
        if network_id not in things["network"]:
            raise NotFound(f"Network {network_id} could not be found.")
        ports = [
            port
            for port in things.get("port", {}).values()
            if port["network_id"] == network_id
        ]
        found = belongings(network_id, ports, project_id)
        free = {port["id"] for port in found.free}
        without_addresses(
            network_id,
            [
                address
                for address in things.get("floating_ip", {}).values()
                if address["port_id"] in free
            ],
        )
        deleted = [port["id"] for port in (*found.interfaces, *found.free)]
        end_network(self._cloud, network_id)
        return [*deleted, network_id]


def end_network(cloud: FakeCloud, network_id: str) -> None:
    """Delete a network with all ports on it."""
    cloud.things["network"].pop(network_id, None)
    ports = cloud.things.get("port", {})
    for port_id, port in [*ports.items()]:
        if port["network_id"] == network_id:
            del ports[port_id]
