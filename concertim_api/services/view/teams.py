"""Teams: the projects that are ours, and who has which role in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from concertim_api.domain.view import names
from concertim_api.services.common.listing import Found, Listing, Scope
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.view.lists import Shown
from concertim_api.services.view.ports import ViewReader


class Teams:
    def __init__(self, view: ViewReader) -> None:
        self._shown = Shown(view, "team")

    def list(self, scope: Scope, listing: Listing) -> Found:
        """Return a page of teams. 1 statement."""
        return Found.of(self._shown.page(listing, scope.filters()))

    def get(
        self, scope: Scope, team_id: str, region: str | None = None
    ) -> Found:
        """Return a team, as a page of one. 1 statement.

        Raises NotFound, Ambiguous.
        """
        return Found([self._shown.one(team_id, region, scope.filters())])


def team_names(ledger: NameReader, rows: Iterable[Any]) -> dict[str, str]:
    """Return the names of the teams that rows belong to, by id of the
    project. 1 statement, if there are any."""
    ids = {row.project_id for row in rows if row.project_id is not None}
    if not ids:
        return {}
    return {
        project_id: names.acceptable(name, project_id, names.TEAM)
        for project_id, name in ledger.names("project", ids).items()
    }
