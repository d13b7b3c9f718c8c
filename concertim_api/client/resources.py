"""Resources, what became of them, and who said so."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from concertim_api.client import lookup
from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, listed, next_arguments, path
from concertim_api.client.periods import Period


class Resource(TypedDict):
    """A resource as it is, or was; start and end of its latest period."""

    region: str
    kind: str
    id: str
    name: str | None
    project_id: str | None
    state: str | None
    type: str | None
    shape: dict[str, Any]
    details: dict[str, Any]
    start: str | None
    end: str | None
    ended: str | None
    updated_at: str


class History(TypedDict):
    """A resource and all its periods."""

    resource: Resource
    periods: list[Period]


class Resources:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        at: datetime | None = None,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[Resource]:
        """Return resources; with ``at`` those that existed then, as they
        were.

        Filters: kind, region, project_id, state, type, name, running.
        """
        arguments = query(at=at, sort=sort, marker=marker, **filters)
        return self._http.items(
            path("resources"), "resources", arguments, limit
        )

    def get(
        self,
        resource_id: str,
        *,
        kind: str | None = None,
        region: str | None = None,
        at: datetime | None = None,
    ) -> Resource:
        """Return a resource; with ``at``, as it was.

        Raises Ambiguous if several kinds or regions have this id.
        """
        arguments = query(kind=kind, region=region, at=at)
        found: Resource = self._http.get(
            path("resources", resource_id), arguments
        )
        return found

    def find(
        self,
        name_or_id: str,
        *,
        kind: str | None = None,
        region: str | None = None,
    ) -> Resource:
        """Return the resource with this id or, failing that, this name.

        Raises NotFound, or ClientError naming those that share the name.
        """
        return lookup.find(
            "resources",
            name_or_id,
            lambda one: self.get(one, kind=kind, region=region),
            lambda name: self.list(
                name=name, kind=kind, region=region, limit=lookup.MOST
            ),
        )

    def history(
        self,
        resource_id: str,
        *,
        kind: str | None = None,
        region: str | None = None,
    ) -> History:
        """Return a resource and all its periods, the oldest first."""
        place = path("resources", resource_id, "history")
        asked = query(kind=kind, region=region)
        found: History = self._http.get(place, asked)
        after = next_arguments(found)
        while after is not None:
            page = self._http.get(place, after)
            found["periods"] += listed(page, "periods")
            after = next_arguments(page)
        return found

    def observations(
        self,
        resource_id: str,
        *,
        kind: str | None = None,
        region: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
    ) -> Items[dict[str, Any]]:
        """Return what was said of a resource: when, by whom, and what."""
        return self._http.items(
            path("resources", resource_id, "observations"),
            "observations",
            query(kind=kind, region=region, marker=marker),
            limit,
        )
