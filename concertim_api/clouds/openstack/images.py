"""Glance: images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from concertim_api.clouds.openstack.collection import Collection, Collections
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import glance
from concertim_api.services.cloud.reading import ListedPage

_IMAGES = Collection("image", "/images")


class Images:
    kinds = ("image",)

    def __init__(self, api: Collections) -> None:
        self._api = api

    def listing(self, kind: str) -> Iterator[ListedPage]:
        """One request a page."""
        return self._api.listing(_IMAGES, glance.image)

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        return self._api.look(_IMAGES, resource_id, glance.image)
