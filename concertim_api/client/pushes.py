"""Pushes: what the front end holds of the view."""

from __future__ import annotations

from typing import Any

from concertim_api.client.collection import ById, Collection


class Pushes(Collection[dict[str, Any]], ById[dict[str, Any]]):
    """Pushes.

    Filters: noun, state, region, resource_id, foreign_id, name.
    """

    nouns = "pushes"

    def retry(self, push_id: int | str) -> dict[str, Any]:
        """Have an agent try a push again now; return the push before that.

        ``jobs.run("push", retry=True)`` tries all failures again.
        """
        push: dict[str, Any] = self._http.request(
            "POST", self._path(push_id, "retry")
        )
        return push
