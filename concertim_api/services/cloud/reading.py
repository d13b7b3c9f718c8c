"""What the services need of a cloud to read it."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting


@dc.dataclass(frozen=True, slots=True)
class Omission:
    """An object of a listing that can't be read. ``id`` None: it has none
    that can be read."""

    id: str | None
    reason: str


@dc.dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of a listing of the cloud."""

    sightings: Sequence[Sighting]
    left_out: Sequence[Omission] = ()


class NotListed(Exception):
    """A cloud lists no resources of a kind: it has no such service."""


class NotAllowed(Unavailable):
    """A cloud does not allow our user to ask for something."""


class NotLetIn(Unavailable):
    """A cloud refuses our login. Its detail names the user, the section of
    the configuration, and the address of Keystone."""


class Cloud(Protocol):
    """One region of a cloud, as its APIs show it."""

    region: str

    #: What it can list, in the order of a full sync: what others refer to
    #: comes first.
    kinds: Sequence[str]

    def listing(
        self, kind: str, read: Mapping[str, datetime]
    ) -> Iterator[ListingPage]:
        """Yield every resource of a kind, page by page.

        ``read``: root stack -> when its resources were read last. One
        request a page, one for each new root stack, and two for each that
        changed since: one for its resources, one for its outputs.

        Raises Unavailable, also between two pages: then what is missing may
        still exist. Raises NotAllowed, NotLetIn, NotListed.
        """

    def changes(self, since: datetime) -> Iterator[ListingPage]:
        """Yield the servers that changed since a moment. Deleted ones come
        with the moment of their end. One request a page."""

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """Return the sighting of one resource, by its id.

        If it does not exist, the sighting is *absent*. A stack comes with
        its root, and with the resources and outputs of that; a volume with
        its snapshots. A few requests.

        Raises Unavailable, NotListed.
        """
