"""Cinder: volume types, volumes and snapshots, and orders for volumes."""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Mapping

from concertim_api.clouds.openstack.cache import (
    MINUTE,
    Remembered,
    seconds_of,
)
from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    Part,
    quoted,
)
from concertim_api.clouds.openstack.meanings import Forbidden
from concertim_api.clouds.openstack.service import Service
from concertim_api.payloads import cinder
from concertim_api.payloads.facts import Facts, Payload
from concertim_api.services.common.ports import Clock

LOG = logging.getLogger(__name__)

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
        self._type_ids: Remembered[str, Mapping[str, str]]
        self._type_ids = Remembered(MINUTE, seconds_of(clock))

    def _volume(self, data: Payload) -> Facts:
        return cinder.volume(data, self._type_id)

    def _type_id(self, name: str) -> str | None:
        ids = self._type_ids.fetched("all", self._read_type_ids)
        return ids.get(name)

    def _read_type_ids(self) -> Mapping[str, str]:
        """Return the ids of volume types. None, if we may not list them.

        Volumes are of use without these ids. But the ids must not come and
        go: that would change the shape of each volume.
        """
        try:
            return {
                str(item["name"]): str(item["id"])
                for page in self._api.pages(_TYPES)
                for item in page.items
                if isinstance(item, Mapping) and item.keys() >= {"name", "id"}
            }
        except Forbidden as exc:
            LOG.warning("Volumes have no ids of types: %s", exc)
            return {}


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
