"""Users: who works in the teams."""

from __future__ import annotations

import orjson

from concertim_api.services.common.listing import Filter, Found, Listing, Scope
from concertim_api.services.view.lists import Shown
from concertim_api.services.view.ports import ViewReader


class Users:
    """A project sees those who have a role in it."""

    def __init__(self, view: ViewReader) -> None:
        self._view = view
        self._shown = Shown(view, "user")

    def list(self, scope: Scope, listing: Listing) -> Found:
        """Return a page of users. 2 statements, 1 for every project."""
        return Found.of(self._shown.page(listing, self._within(scope)))

    def get(
        self, scope: Scope, user_id: str, region: str | None = None
    ) -> Found:
        """Return a user, as a page of one. Statements as ``list``.

        Raises NotFound, Ambiguous.
        """
        within = self._within(scope)
        return Found([self._shown.one(user_id, region, within)])

    def _within(self, scope: Scope) -> tuple[Filter, ...]:
        if scope.project_id is None:
            return ()
        teams = self._view.find("team", scope.project_id)
        ids = {
            user_id
            for team in teams
            for user_id in orjson.loads(team.body)["roles"]
        }
        return (Filter("id", "in", tuple(sorted(ids))),)
