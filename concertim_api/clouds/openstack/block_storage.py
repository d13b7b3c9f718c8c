"""Cinder: volume types, volumes and snapshots, and orders for volumes."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Ids,
    Part,
    quoted,
)
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import cinder
from concertim_api.payloads.facts import Facts, Payload
from concertim_api.services.common.ports import Clock

#: From 3.63 on a volume tells the id of its type, not only the name.
_VERSIONS = ("3.0", "3.70")

_TYPES = Collection(
    "volume_type",
    "/types",
    "volume_type",
    params={"is_public": "None"},  # the private ones too
    versions=_VERSIONS,
    key="volume_types",
)
_VOLUMES = Collection(
    "volume",
    "/volumes/detail",
    "volume",
    params={"all_tenants": "1"},
    versions=_VERSIONS,
)
_SNAPSHOTS = Collection(
    "snapshot",
    "/snapshots/detail",
    "snapshot",
    params={"all_tenants": "1"},
    versions=_VERSIONS,
)


class BlockStorage(Part):
    """Volumes of a Cinder before microversion 3.63 cost one more request for
    their types."""

    def __init__(self, api: CollectionReader, clock: Clock) -> None:
        readers = (
            (_TYPES, cinder.volume_type),
            (_VOLUMES, self._volume),
            (_SNAPSHOTS, cinder.snapshot),
        )
        super().__init__(api, readers)
        self._type_ids = Ids(api, _TYPES, _ids, clock)

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """Return the sighting of a thing. A volume comes with its snapshots:
        Cinder hands them over with it, and no event says so.

        One request; for a volume, one more for each page of its snapshots.
        """
        sightings = super().look(kind, resource_id)
        if kind != "volume" or sightings[0].observation.says == "absent":
            return sightings
        pages = self._api.listing(
            _SNAPSHOTS, cinder.snapshot, {"volume_id": resource_id}
        )
        return [*sightings, *(s for page in pages for s in page.sightings)]

    def _volume(self, data: Payload) -> Facts:
        return cinder.volume(data, self._type_ids.get)


def _ids(volume_types: Iterable[Any]) -> Mapping[str, str]:
    return {
        str(item["name"]): str(item["id"])
        for item in volume_types
        if isinstance(item, Mapping) and item.keys() >= {"name", "id"}
    }


#: DELETE has ``force`` since 3.23. Unlike the older action it can be repeated.
_FORCE = ("3.23", "3.23")

#: Cinder extends attached volumes since 3.42, and other volumes before.
_EXTEND = ("3.0", "3.42")


@dc.dataclass(frozen=True, slots=True)
class StorageOrders:
    """``services.cloud.acting.StorageActions``."""

    service: Service

    def delete_volume(self, volume_id: str, *, force: bool = False) -> None:
        path = f"/volumes/{quoted(volume_id)}"
        if force:
            params = {"force": "true"}
            self.service.request(
                "DELETE", path, params=params, versions=_FORCE
            )
        else:
            self.service.request("DELETE", path)

    def extend_volume(self, volume_id: str, size_gb: int) -> None:
        path = f"/volumes/{quoted(volume_id)}/action"
        body = {"os-extend": {"new_size": size_gb}}
        self.service.request("POST", path, body, versions=_EXTEND)
