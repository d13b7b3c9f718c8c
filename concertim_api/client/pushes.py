"""Pushes: what the front end holds of the view."""

from __future__ import annotations

from typing import Any

from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, path


class Pushes:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[dict[str, Any]]:
        """Return pushes. Filters: noun, state, region, resource_id,
        foreign_id, name."""
        return self._http.items(
            path("pushes"),
            "pushes",
            query(sort=sort, marker=marker, **filters),
            limit,
        )

    def get(self, push_id: int | str) -> dict[str, Any]:
        """Return a push."""
        found: dict[str, Any] = self._http.get(path("pushes", str(push_id)))
        return found

    def retry(self, push_id: int | str) -> dict[str, Any]:
        """Have something pushed as soon as an agent can; return the push,
        as it is before.

        All that waits after a failure: ``jobs.run("push", retry=True)``.
        """
        told: dict[str, Any] = self._http.post(
            path("pushes", str(push_id), "retry")
        )
        return told
