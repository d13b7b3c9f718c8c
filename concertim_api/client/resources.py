"""Resources, their periods and their observations."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client.collection import ByName
from concertim_api.client.http import Items, query
from concertim_api.client.periods import Period


class Resource(TypedDict):
    """A resource, with the start and the end of its latest period."""

    id: str
    kind: str
    name: str | None
    region: str
    project_id: str | None
    state: str | None
    type: str | None
    start: str | None
    end: str | None
    ended: str | None
    updated_at: str
    shape: dict[str, Any]
    details: dict[str, Any]


class History(TypedDict):
    """A resource and all its periods."""

    resource: Resource
    periods: list[Period]


class Resources(ByName[Resource]):
    """Resources; with ``at``, as they were at that moment.

    Filters: kind, region, project_id, state, type, name, running. ``get``:
    kind, region, at.
    """

    nouns = "resources"
    place = ("kind", "region")
    views = ("at",)

    def history(self, resource_id: str, **place: Any) -> History:
        """Return a resource and all its periods, the oldest first."""
        history: History = self._http.get_all(
            self._path(resource_id, "history"), "periods", query(**place)
        )
        return history

    def observations(
        self,
        resource_id: str,
        *,
        limit: int | None = None,
        microversion: str | None = None,
        **place: Any,
    ) -> Items[dict[str, Any]]:
        """Return the observations of a resource, with their sources.

        ``microversion``: the one of the fields, if not the client's.
        ``region_rule`` comes with 1.3.
        """
        return Items(
            self._http,
            self._path(resource_id, "observations"),
            "observations",
            query(**place),
            limit,
            microversion,
        )
