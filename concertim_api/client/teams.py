"""Teams: the projects that have racks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from concertim_api.client.arguments import body, query
from concertim_api.client.collection import ByName
from concertim_api.client.http import listed
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


class Teams(ByName[Team]):
    """Teams. Filters: region, name, id. A team alone: region."""

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
        members = [{"user_id": user, "role": role} for user, role in roles]
        team: Team = self._http.post(
            self._path(),
            body(
                name=name,
                description=description,
                roles=members or None,
                region=region,
            ),
        )
        return team

    def delete(self, team_id: str, *, region: str | None = None) -> None:
        """Delete a team in which nothing is left; one that is gone, is.

        Raises Conflict, saying what is left, and Unavailable if the cloud
        can't be asked.
        """
        self._http.delete(self._path(team_id), query(region=region))

    def purge(self, team_id: str, *, region: str | None = None) -> Operation:
        """Have a team deleted with all that is in it.

        An agent does it: see ``operations.finished``.
        """
        operation: Operation = self._http.delete(
            self._path(team_id), query(purge=True, region=region)
        )
        return operation

    def roles(
        self, team_id: str, *, region: str | None = None
    ) -> Sequence[TeamRole]:
        """Return who has which role in a team."""
        answer = self._http.get(
            self._path(team_id, "roles"), query(region=region)
        )
        return listed(answer, "roles")

    def set_role(
        self,
        team_id: str,
        user_id: str,
        role: str,
        *,
        region: str | None = None,
    ) -> TeamRole:
        """Let somebody have a role in a team instead of another one."""
        team_role: TeamRole = self._http.post(
            self._path(team_id, "roles"),
            body(user_id=user_id, role=role, region=region),
        )
        return team_role

    def unset_role(
        self,
        team_id: str,
        user_id: str,
        role: str | None = None,
        *,
        region: str | None = None,
    ) -> None:
        """Take a role in a team away from somebody; without it, all."""
        self._http.delete(
            self._path(team_id, "roles"),
            query(user_id=user_id, role=role, region=region),
        )
