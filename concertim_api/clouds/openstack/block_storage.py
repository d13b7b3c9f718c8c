"""Cinder: volume types, volumes and snapshots."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from concertim_api.clouds.openstack.cache import Remembered
from concertim_api.clouds.openstack.collection import (
    Collection,
    Collections,
)
from concertim_api.clouds.openstack.meanings import Forbidden
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import cinder
from concertim_api.payloads.facts import Facts, Payload
from concertim_api.services.cloud.reading import ListedPage
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


class BlockStorage:
    kinds = ("volume_type", "volume", "snapshot")

    def __init__(self, api: Collections, clock: Clock) -> None:
        self._api = api
        self._type_ids = Remembered(clock, self._read_type_ids)

    def listing(self, kind: str) -> Iterator[ListedPage]:
        """Yield things of a kind. One request a page. Volumes of a Cinder
        before microversion 3.63 cost one more for their types."""
        if kind == "volume_type":
            return self._api.listing(_TYPES, cinder.volume_type)
        if kind == "snapshot":
            return self._api.listing(_SNAPSHOTS, cinder.snapshot)
        return self._api.listing(_VOLUMES, self._volume)

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        if kind == "volume_type":
            return self._api.look(_TYPES, resource_id, cinder.volume_type)
        if kind == "snapshot":
            return self._api.look(_SNAPSHOTS, resource_id, cinder.snapshot)
        return self._api.look(_VOLUMES, resource_id, self._volume)

    def _volume(self, data: Payload) -> Facts:
        return cinder.volume(data, lambda name: self._type_ids.get().get(name))

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
