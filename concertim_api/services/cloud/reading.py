"""What the services need of a cloud."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from concertim_api.domain.ledger.sightings import Sighting


@dc.dataclass(frozen=True, slots=True)
class LeftOut:
    """An object of a listing that could not be understood.

    ``id`` None: not even that could be read.
    """

    id: str | None
    reason: str


@dc.dataclass(frozen=True, slots=True)
class ListedPage:
    """One page of a listing of the cloud."""

    sightings: Sequence[Sighting]
    left_out: Sequence[LeftOut] = ()


class NotListed(Exception):
    """A cloud lists no resources of a kind: it has no such service."""


class Cloud(Protocol):
    """One region of a cloud, as its APIs show it."""

    region: str

    #: What it can list, in the order of a full sync: what others refer to
    #: comes first.
    kinds: Sequence[str]

    def listing(
        self, kind: str, read: Mapping[str, datetime]
    ) -> Iterator[ListedPage]:
        """Yield every resource of a kind, page by page.

        One request a page. For stacks, one more for each root stack that is
        new, and two for each that changed since ``read`` says its resources
        were read: they, and its outputs.

        Raises Unavailable, also between two pages: then nothing follows
        from what is missing. Raises NotListed.
        """

    def changes(self, since: datetime) -> Iterator[ListedPage]:
        """Yield the servers that changed since a moment, those that were
        deleted with their exact ends. One request a page."""

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """Return what the cloud says of one resource, asked directly.

        If it is not there, that it is *absent*. Of a stack: its root, with
        its resources and outputs, and the stack itself. A few requests.

        Raises Unavailable, NotListed.
        """
