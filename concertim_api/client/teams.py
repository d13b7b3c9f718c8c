"""Teams: the projects that have racks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from concertim_api.client.collection import ByName
from concertim_api.client.http import body, query, rows_of
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
    """The role of a user in a team; ``roles`` are those of Keystone."""

    user: str | None
    role: str | None
    roles: list[str]
    user_id: str


class Teams(ByName[Team]):
    """Teams. Filters: region, name, id. ``get``: region."""

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

        All of it, or nothing. If concertim created a team of this name
        before, that one is completed. Raises Conflict if another project has
        the name.
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
        """Delete an empty team; do nothing if it is gone.

        Raises Conflict with what is still in it, and Unavailable if the
        cloud can't be asked.
        """
        self._http.delete(self._path(team_id), query(region=region))

    def purge(self, team_id: str, *, region: str | None = None) -> Operation:
        """Have an agent delete a team with all that is in it.

        Returns the operation: see ``operations.wait``.
        """
        operation: Operation = self._http.delete(
            self._path(team_id), query(purge=True, region=region)
        )
        return operation

    def roles(
        self, team_id: str, *, region: str | None = None
    ) -> Sequence[TeamRole]:
        """Return the roles of the users of a team."""
        answer = self._http.get(
            self._path(team_id, "roles"), query(region=region)
        )
        return rows_of(answer, "roles")

    def set_role(
        self,
        team_id: str,
        user_id: str,
        role: str,
        *,
        region: str | None = None,
    ) -> TeamRole:
        """Give a user a role in a team; it replaces the present one."""
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
        """Take a role in a team from a user; without ``role``, all."""
        self._http.delete(
            self._path(team_id, "roles"),
            query(user_id=user_id, role=role, region=region),
        )
