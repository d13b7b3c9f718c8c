"""Teams: the projects that have racks."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client import lookup
from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, path


class Team(TypedDict):
    """A project, with the roles that each user has in it."""

    region: str
    id: str
    name: str
    label: str | None
    description: str | None
    enabled: bool | None
    roles: dict[str, list[str]]
    cost: str | None
    credits: str | None
    billing_account_id: str | None
    updated_at: str | None


class Teams:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[Team]:
        """Return teams. Filters: region, name, id."""
        arguments = query(sort=sort, marker=marker, **filters)
        return self._http.items(path("teams"), "teams", arguments, limit)

    def get(self, team_id: str, *, region: str | None = None) -> Team:
        """Return a team.

        Raises Ambiguous if several regions have this id.
        """
        found: Team = self._http.get(
            path("teams", team_id), query(region=region)
        )
        return found

    def find(self, name_or_id: str, *, region: str | None = None) -> Team:
        """Return the team with this id or, failing that, this name.

        Raises NotFound, or ClientError naming those that share the name.
        """
        return lookup.find(
            "teams",
            name_or_id,
            lambda one: self.get(one, region=region),
            lambda name: self.list(
                name=name, region=region, limit=lookup.MOST
            ),
        )
