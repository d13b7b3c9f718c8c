"""Teams: the projects that have racks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from concertim_api.client.arguments import body, query
from concertim_api.client.collection import InRegions
from concertim_api.client.http import listed, path
from concertim_api.client.operations import Operation


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


class TeamRole(TypedDict):
    """What somebody is in a team; ``roles`` are those of Keystone."""

    user_id: str
    user: str | None
    role: str | None
    roles: list[str]


class Teams(InRegions[Team]):
    """Teams. Filters: region, name, id."""

    nouns = "teams"

    def create(
        self,
        name: str,
        *,
        description: str | None = None,
        roles: Iterable[tuple[str, str]] = (),
        region: str | None = None,
    ) -> Team:
        """Create a team, with ``roles``: pairs of user id and role.

        All of it, or nothing. One of this name that concertim created before
        is completed. Raises Conflict if the name is another project's.
        """
        asked = [{"user_id": user, "role": role} for user, role in roles]
        values = {
            "name": name,
            "description": description,
            "roles": asked or None,
            "region": region,
        }
        made: Team = self._http.post(path("teams"), body(values))
        return made

    def delete(self, team_id: str, *, region: str | None = None) -> None:
        """Delete a team in which nothing is left; one that is gone, is.

        Raises Conflict, saying what is left, and Unavailable if the cloud
        can't be asked.
        """
        self._http.delete(path("teams", team_id), query(region=region))

    def purge(self, team_id: str, *, region: str | None = None) -> Operation:
        """Have a team deleted with all that is in it.

        An agent does it: see ``operations.finished``.
        """
        told: Operation = self._http.delete(
            path("teams", team_id), query(purge=True, region=region)
        )
        return told

    def roles(
        self, team_id: str, *, region: str | None = None
    ) -> Sequence[TeamRole]:
        """Return who has which role in a team."""
        found = self._http.get(
            path("teams", team_id, "roles"), query(region=region)
        )
        return listed(found, "roles")

    def set_role(
        self,
        team_id: str,
        user_id: str,
        role: str,
        *,
        region: str | None = None,
    ) -> TeamRole:
        """Let somebody have a role in a team instead of another one."""
        values = {"user_id": user_id, "role": role, "region": region}
        told: TeamRole = self._http.post(
            path("teams", team_id, "roles"), body(values)
        )
        return told

    def unset_role(
        self,
        team_id: str,
        user_id: str,
        role: str | None = None,
        *,
        region: str | None = None,
    ) -> None:
        """Take a role in a team away from somebody; without it, all."""
        asked = query(user_id=user_id, role=role, region=region)
        self._http.delete(path("teams", team_id, "roles"), asked)
