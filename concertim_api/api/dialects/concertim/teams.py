"""Teams, and the roles of users in them, for the front end."""

from __future__ import annotations

import contextlib
import dataclasses as dc
from typing import Protocol

from concertim_api.api.dialects.concertim.documents import (
    MissingRequiredArgs,
    Request,
    success,
)
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.domain.errors import NotFound
from concertim_api.services.accounts.roles import RoleActions
from concertim_api.services.accounts.teams import TeamActions
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import EVERY_PROJECT
from concertim_api.services.operations.operations import Operations

#: What names the user and the team of a role.
_ROLE = ("cloud_env", "team_role", "project_id", "user_id")


class TeamAccounts(Protocol):
    """The accounts of teams."""

    def account_of(self, project_id: str, account_id: str | None) -> str:
        """Return the id of a team's account; ``account_id`` is what the
        front end takes for it."""


@dc.dataclass(frozen=True, slots=True)
class Teams:
    """``prefix``: the beginning of their names in the cloud."""

    teams: TeamActions
    operations: Operations
    region: str
    prefix: str
    accounts: TeamAccounts

    @route("POST", "/team", "cloud_env", "name")
    def create(self, request: Request) -> Reply:
        """Create a team, or return the one with this id or name."""
        fields = request.fields
        name = f"{self.prefix}{fields.text('name')}"
        project_id, caller = fields.optional("project_id"), request.caller()
        if project_id is None or not self._exists(caller, project_id):
            team = self.teams.create(caller, name, region=self.region)
            project_id = team.id
        account = self.accounts.account_of(
            project_id, fields.optional("billing_acct_id")
        )
        return success({"project_id": project_id, "billing_acct_id": account})

    def _exists(self, caller: Caller, project_id: str) -> bool:
        operator = self.operations.actions(caller, self.region)
        try:
            operator.identity.project(project_id)
        except NotFound:
            return False
        return True

    @route("DELETE", "/team", "cloud_env", "team_info")
    def delete(self, request: Request) -> Reply:
        """Delete an empty team. The front end repeats the request.

        A project that there is not is gone already. A team that has only an
        account, and no project, has nothing to delete here.
        """
        fields, caller = request.fields, request.caller()
        account = fields.optional("billing_acct_id", "team_info")
        project_id = fields.optional("project_id", "team_info")
        if project_id is None and account is None:
            raise MissingRequiredArgs(["project_id"])
        with contextlib.suppress(NotFound):
            if project_id is not None:
                self.teams.delete(caller, project_id, self.region)
        return success({})


@dc.dataclass(frozen=True, slots=True)
class TeamRoles:
    """[operations] team_roles has the roles of Keystone for each."""

    roles: RoleActions
    region: str

    @route("POST", "/team_role", *_ROLE, "role")
    def grant(self, request: Request) -> Reply:
        return self._assign(request, "role")

    @route("PATCH", "/team_role", *_ROLE, "current_role", "new_role")
    def change(self, request: Request) -> Reply:
        """The new role is granted before the other is revoked."""
        return self._assign(request, "new_role")

    def _assign(self, request: Request, field: str) -> Reply:
        ids_and_role = self._fields(request, field)
        caller = request.caller()
        self.roles.assign(caller, EVERY_PROJECT, *ids_and_role, self.region)
        return success({})

    @route("DELETE", "/team_role", *_ROLE, "role")
    def revoke(self, request: Request) -> Reply:
        ids_and_role = self._fields(request, "role")
        caller = request.caller()
        self.roles.unassign(caller, EVERY_PROJECT, *ids_and_role, self.region)
        return success({})

    def _fields(self, request: Request, role: str) -> tuple[str, str, str]:
        """Return the ids of team and user, and the role in a field."""
        team_id, user_id, name = (
            request.fields.text(field, "team_role")
            for field in ("project_id", "user_id", role)
        )
        return team_id, user_id, name
