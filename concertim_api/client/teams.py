"""Teams: the projects that have racks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from concertim_api.client.collection import ByName, Creates, Deletes
from concertim_api.client.http import rows_of
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


class Teams(ByName[Team], Creates[Team], Deletes):
    """Teams. Filters: region, name, id. ``get``: region.

    ``delete`` does nothing if the team is gone. It raises Conflict with what
    is still in the team, and Unavailable if the cloud can't be asked.
    """

    nouns = "teams"

    def create(
        self,
        name: str | None = None,
        *,
        roles: Iterable[tuple[str, str]] = (),
        **fields: Any,
    ) -> Team:
        """Create a team, with ``roles``: pairs of user id and role.

        Other fields: description, region. All of it, or nothing. If concertim
        created a team of this name before, that one is completed. Raises
        Conflict if another project has the name.
        """
        members = [{"user_id": user, "role": role} for user, role in roles]
        return super().create(name, roles=members or None, **fields)

    def purge(self, thing_id: str, *, region: str | None = None) -> Operation:
        """Have an agent delete a team with all that is in it.

        Returns the operation: see ``operations.wait``.
        """
        operation: Operation = self._delete(
            thing_id, purge=True, region=region
        )
        return operation

    def roles(
        self, team_id: str, *, region: str | None = None
    ) -> Sequence[TeamRole]:
        """Return the roles of the users of a team."""
        return rows_of(self._get(team_id, "roles", region=region), "roles")

    def set_role(
        self, team_id: str, user_id: str, role: str, **place: Any
    ) -> TeamRole:
        """Give a user a role in a team; it replaces the present one."""
        fields = {"user_id": user_id, "role": role, **place}
        team_role: TeamRole = self._send(
            "POST", team_id, "roles", fields=fields
        )
        return team_role

    def unset_role(
        self, team_id: str, user_id: str, role: str | None = None, **place: Any
    ) -> None:
        """Take a role in a team from a user; without ``role``, all."""
        self._delete(team_id, "roles", user_id=user_id, role=role, **place)
