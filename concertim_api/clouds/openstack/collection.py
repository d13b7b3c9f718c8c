"""Collections: a service lists their things, and shows each by its id."""

from __future__ import annotations

import dataclasses as dc
import logging
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from concertim_api.clouds.base import Asked, Reader, readable
from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.meanings import Forbidden, Missing
from concertim_api.clouds.openstack.service import (
    MINUTE,
    Remembered,
    Service,
    seconds_of,
)
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.cloud.reading import ListingPage
from concertim_api.services.common.ports import Clock

LOG = logging.getLogger(__name__)


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


class CollectionReader:
    """Reads the collections of one service, in pages of one size."""

    def __init__(self, service: Service, page_size: int) -> None:
        self.service = service
        self._page_size = page_size

    def pages(
        self,
        collection: Collection,
        extra: Mapping[str, str] | None = None,
    ) -> Iterator[paging.Page]:
        """Yield the pages of a collection, not yet read. One request each.
        The first one of all asks for the microversion, too."""
        params = {**collection.params, **(extra or {})}
        if collection.limited:
            params["limit"] = str(self._page_size)
        query = paging.Query(
            collection.path, params, collection.versions, collection.key
        )
        return paging.pages(self.service, query)

    def read(
        self, collection: Collection, page: paging.Page, read: Reader
    ) -> ListingPage:
        """Return the sightings of a page."""
        origin = Asked(self.service.region, page.asked_at)
        return origin.page(collection.kind, page.items, read)

    def listing(
        self,
        collection: Collection,
        read: Reader,
        extra: Mapping[str, str] | None = None,
    ) -> Iterator[ListingPage]:
        """Yield the sightings of a collection, page by page."""
        for page in self.pages(collection, extra):
            yield self.read(collection, page, read)

    def look(
        self, collection: Collection, resource_id: str, read: Reader
    ) -> Sequence[Sighting]:
        """Return the sighting of one thing, by its id.

        One request. The first one of all asks for the microversion, too.
        Raises Unavailable, also if the thing can't be read.
        """
        path = collection.path_of(resource_id)
        asked_at = self.service.now()
        try:
            answer = self.service.get(path, versions=collection.versions)
        except Missing:
            origin = Asked(self.service.region, asked_at, "look")
            return [origin.absent(collection.kind, resource_id)]
        origin = Asked(self.service.region, answer.asked_at, "look")
        with readable(f"{self.service}: GET {path}"):
            thing: Any = answer.body
            if collection.noun:
                thing = thing[collection.noun]
            return [origin.sighting(collection.kind, thing, read)]


class Part:
    """The kinds that one service has: a collection and a reader for each."""

    def __init__(
        self,
        api: CollectionReader,
        readers: Iterable[tuple[Collection, Reader]],
    ) -> None:
        self._api = api
        self._readers = {c.kind: (c, read) for c, read in readers}
        self.kinds: Sequence[str] = tuple(self._readers)

    def listing(self, kind: str) -> Iterator[ListingPage]:
        """Yield the things of a kind. One request a page."""
        return self._api.listing(*self._readers[kind])

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """Return the sighting of a thing. See ``CollectionReader.look``."""
        collection, read = self._readers[kind]
        return self._api.look(collection, resource_id, read)


class Ids:
    """The ids of a collection's things, by what tells these apart. They are
    remembered for a minute.

    ``read`` returns the ids of the items of pages. There are none if we may
    not list the things: what refers to them is of use without their ids. But
    ids must not come and go: that would change the shape of each.
    """

    def __init__(
        self,
        api: CollectionReader,
        collection: Collection,
        read: Callable[[Iterable[Any]], Mapping[Any, str]],
        clock: Clock,
    ) -> None:
        self._api = api
        self._collection = collection
        self._read = read
        self._ids: Remembered[str, Mapping[Any, str]]
        self._ids = Remembered(MINUTE, seconds_of(clock))

    def get(self, key: Any) -> str | None:
        """Return an id. One request a page, if none are remembered."""
        return self._ids.fetched("all", self._listed).get(key)

    def put(self, items: Iterable[Any]) -> None:
        """Remember the ids of all things of the collection."""
        self._ids.put("all", self._read(items))

    def _listed(self) -> Mapping[Any, str]:
        pages = self._api.pages(self._collection)
        try:
            return self._read(item for page in pages for item in page.items)
        except Forbidden as exc:
            kind = self._collection.kind
            LOG.warning("What refers to a %s has no id of it: %s", kind, exc)
            return {}


def quoted(resource_id: str) -> str:
    """Return an id as a part of a path. The cloud may use any character."""
    return urllib.parse.quote(resource_id, safe="")
