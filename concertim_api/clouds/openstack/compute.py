"""Nova: flavors and servers, and orders for servers."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Ids,
    Part,
    quoted,
)
from concertim_api.clouds.openstack.service import Service
from concertim_api.payloads import nova
from concertim_api.payloads.facts import Facts, Payload
from concertim_api.services.cloud.acting import ServerAction
from concertim_api.services.cloud.reading import ListingPage
from concertim_api.services.common.ports import Clock

#: From 2.47 on a server tells its whole flavor, even one that was deleted.
_VERSIONS = ("2.47", "2.96")

_FLAVORS = Collection(
    "flavor",
    "/flavors/detail",
    "flavor",
    params={"is_public": "None"},  # the private ones too
    versions=_VERSIONS,
)
_SERVERS = Collection(
    "instance",
    "/servers/detail",
    "server",
    params={"all_tenants": "1"},
    versions=_VERSIONS,
)

#: These tell flavors apart. After a deletion a name can be used again.
_LOOKS = ("name", "vcpus", "ram_mb", "disk_gb", "ephemeral_gb")


class Compute(Part):
    """Servers cost one more request for the flavors, unless these were
    listed within a minute."""

    def __init__(self, api: CollectionReader, clock: Clock) -> None:
        readers = (_FLAVORS, nova.flavor), (_SERVERS, self._server)
        super().__init__(api, readers)
        self._flavor_ids = Ids(api, _FLAVORS, _ids, clock)

    def listing(self, kind: str) -> Iterator[ListingPage]:
        return self._flavors() if kind == "flavor" else super().listing(kind)

    def changes(self, since: datetime) -> Iterator[ListingPage]:
        """Yield the servers that changed, and those that were deleted."""
        return self._api.listing(
            _SERVERS, self._server, {"changes-since": since.isoformat()}
        )

    def _server(self, data: Payload) -> Facts:
        return nova.server(data, self._flavor_id)

    def _flavors(self) -> Iterator[ListingPage]:
        flavors = []
        for page in self._api.pages(_FLAVORS):
            flavors += page.items
            yield self._api.read(_FLAVORS, page, nova.flavor)
        self._flavor_ids.put(flavors)

    def _flavor_id(self, flavor: Mapping[str, Any]) -> str | None:
        return self._flavor_ids.get(_looks(flavor))


def _ids(flavors: Iterable[Any]) -> Mapping[tuple[Any, ...], str]:
    ids = {}
    for data in flavors:
        try:
            flavor = nova.flavor(data)
        except (ValueError, TypeError, AttributeError):
            continue  # the listing of flavors says which, and why
        ids[_looks(flavor.shape)] = flavor.id
    return ids


def _looks(flavor: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(flavor.get(name) for name in _LOOKS)


#: What Nova calls some actions. These names never changed.
_NAMES = {"start": "os-start", "stop": "os-stop"}

#: Volumes of shelved servers are detached from microversion 2.20 on.
_DETACH = ("2.1", "2.20")


@dc.dataclass(frozen=True, slots=True)
class ComputeOrders:
    """``services.cloud.acting.ComputeActions``."""

    service: Service

    def act(
        self, server_id: str, action: ServerAction, *, hard: bool = False
    ) -> None:
        options = None
        if action == "reboot":
            options = {"type": "HARD" if hard else "SOFT"}
        path = f"/servers/{quoted(server_id)}/action"
        self.service.request(
            "POST", path, {_NAMES.get(action, action): options}
        )

    def delete_server(self, server_id: str, *, force: bool = False) -> None:
        path = f"/servers/{quoted(server_id)}"
        if force:
            body = {"forceDelete": None}
            self.service.request("POST", f"{path}/action", body)
        else:
            self.service.request("DELETE", path)

    def detach_volume(self, server_id: str, volume_id: str) -> None:
        path = (
            f"/servers/{quoted(server_id)}/os-volume_attachments"
            f"/{quoted(volume_id)}"
        )
        self.service.request("DELETE", path, versions=_DETACH)
