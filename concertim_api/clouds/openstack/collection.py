"""Collections of things that a service lists, and shows one by one."""

from __future__ import annotations

import dataclasses as dc
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from concertim_api.clouds.base import Asked, Reader, why
from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.meanings import Missing
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads.facts import MALFORMED
from concertim_api.services.cloud.reading import ListedPage


@dc.dataclass(frozen=True, slots=True)
class Collection:
    """Where a service lists things of a kind, and shows one.

    ``noun``: the name of a thing in an answer; without one the answer is the
    thing itself. ``versions``: the oldest microversion that will do, and the
    newest that we know. ``limited`` False: the service is not to be asked
    for pages. ``key``: as of ``paging.Query``.
    """

    kind: str
    path: str
    noun: str = ""
    params: Mapping[str, str] = dc.field(default_factory=dict)
    versions: tuple[str, str] | None = None
    limited: bool = True
    key: str = ""

    def path_of(self, resource_id: str) -> str:
        return f"{self.path.removesuffix('/detail')}/{quoted(resource_id)}"


class Collections:
    """What one service lists, in pages of a size."""

    def __init__(self, service: Service, page_size: int) -> None:
        self.service = service
        self._page_size = page_size

    def pages(
        self,
        where: Collection,
        extra: Mapping[str, str] | None = None,
    ) -> Iterator[paging.Page]:
        """Yield the pages of a collection, as they are. One request each,
        and one for the microversion, the first time."""
        params = {**where.params, **(extra or {})}
        if where.limited:
            params["limit"] = str(self._page_size)
        query = paging.Query(where.path, params, where.versions, where.key)
        return paging.pages(self.service, query)

    def read(
        self, where: Collection, page: paging.Page, read: Reader
    ) -> ListedPage:
        """Return what a page shows."""
        asked = Asked(self.service.region, page.asked_at)
        return asked.page(where.kind, page.items, read)

    def listing(
        self,
        where: Collection,
        read: Reader,
        extra: Mapping[str, str] | None = None,
    ) -> Iterator[ListedPage]:
        """Yield what the pages of a collection show."""
        for page in self.pages(where, extra):
            yield self.read(where, page, read)

    def look(
        self, where: Collection, resource_id: str, read: Reader
    ) -> Sequence[Sighting]:
        """Return what is said of one thing, asked for by its id.

        One request, and one for the microversion, the first time. Raises
        Unavailable, also if it can't be read.
        """
        path = where.path_of(resource_id)
        began = self.service.now()
        try:
            answer = self.service.get(path, versions=where.versions)
        except Missing:
            asked = Asked(self.service.region, began, "look")
            return [asked.absent(where.kind, resource_id)]
        asked = Asked(self.service.region, answer.asked_at, "look")
        try:
            thing: Any = answer.body
            if where.noun:
                thing = thing[where.noun]
            return [asked.sighting(where.kind, thing, read)]
        except MALFORMED as exc:
            raise Unavailable(
                f"{self.service}: GET {path}: {why(exc)}"
            ) from None


def quoted(resource_id: str) -> str:
    """Return an id as a part of a path: it is the cloud's, not ours."""
    return urllib.parse.quote(resource_id, safe="")
