"""Teams, and who is what in them, as the front end has them made."""

from __future__ import annotations

import uuid

from concertim_api.api.dialects.concertim.documents import success
from concertim_api.api.dialects.concertim.fields import Request, Route
from concertim_api.api.dialects.replies import Reply
from concertim_api.domain.errors import NotFound
from concertim_api.services.accounts.roles import RoleActions
from concertim_api.services.accounts.teams import TeamActions
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import EVERY_PROJECT
from concertim_api.services.operations.operations import Operations

#: Of which the ids of accounts are made that no billing system has.
_ACCOUNTS = uuid.UUID("4be1d5d4-0cf7-5c6e-9d2f-0f2f4a1f6f3b")


def account_of(project_id: str) -> str:
    """Return the id of a team's account while nothing is billed."""
    return str(uuid.uuid5(_ACCOUNTS, project_id))


class Teams:
    """``prefix``: what their names in the cloud begin with."""

    def __init__(
        self,
        teams: TeamActions,
        operations: Operations,
        region: str,
        prefix: str,
    ) -> None:
        self._teams = teams
        self._operations = operations
        self._region = region
        self._prefix = prefix

    def create(self, request: Request) -> Reply:
        """Create a team; whose id or name is known, is returned."""
        fields = request.fields
        name = f"{self._prefix}{fields.text('name')}"
        known, caller = fields.optional("project_id"), request.caller()
        if known is None or not self._exists(caller, known):
            made = self._teams.create(caller, name, region=self._region)
            known = made.id
        account = fields.optional("billing_acct_id") or account_of(known)
        return success({"project_id": known, "billing_acct_id": account})

    def _exists(self, caller: Caller, project_id: str) -> bool:
        operator = self._operations.operator(caller, self._region)
        try:
            operator.identity.project(project_id)
        except NotFound:
            return False
        return True

    def delete(self, request: Request) -> Reply:
        """Delete a team in which nothing is left; the front end asks
        again."""
        project_id = request.fields.text("project_id", "team_info")
        self._teams.delete(request.caller(), project_id, self._region)
        return success({})

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/team", self.create, ("cloud_env", "name")),
            Route(
                "DELETE",
                "/team",
                self.delete,
                ("cloud_env", "team_info", "project_id"),
            ),
        ]


class TeamRoles:
    """What is theirs is said by [operations] team_roles."""

    def __init__(self, roles: RoleActions, region: str) -> None:
        self._roles = roles
        self._region = region

    def grant(self, request: Request) -> Reply:
        return self._assign(request, "role")

    def change(self, request: Request) -> Reply:
        """The new role is granted before the other is revoked."""
        return self._assign(request, "new_role")

    def _assign(self, request: Request, field: str) -> Reply:
        team_id, user_id, role = self._asked(request, field)
        self._roles.assign(
            request.caller(),
            EVERY_PROJECT,
            team_id,
            user_id,
            role,
            self._region,
        )
        return success({})

    def revoke(self, request: Request) -> Reply:
        team_id, user_id, role = self._asked(request, "role")
        self._roles.unassign(
            request.caller(),
            EVERY_PROJECT,
            team_id,
            user_id,
            role,
            self._region,
        )
        return success({})

    def _asked(self, request: Request, field: str) -> tuple[str, str, str]:
        team_id, user_id, role = (
            request.fields.text(name, "team_role")
            for name in ("project_id", "user_id", field)
        )
        return team_id, user_id, role

    def routes(self) -> list[Route]:
        path = "/team_role"
        who = ("cloud_env", "team_role", "project_id", "user_id")
        return [
            Route("POST", path, self.grant, (*who, "role")),
            Route(
                "PATCH", path, self.change, (*who, "current_role", "new_role")
            ),
            Route("DELETE", path, self.revoke, (*who, "role")),
        ]
