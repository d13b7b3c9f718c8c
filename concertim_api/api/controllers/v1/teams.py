"""/v1/teams"""

from __future__ import annotations

from typing import Any

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1.operations import Operation
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain import operations
from concertim_api.domain.errors import Invalid
from concertim_api.policies import roles as role_policies
from concertim_api.policies import teams as policies
from concertim_api.services.accounts.answers import FreshTeam
from concertim_api.services.accounts.roles import RoleActions
from concertim_api.services.accounts.roles import TeamRole as AssignedRole
from concertim_api.services.accounts.teams import TeamActions
from concertim_api.services.common.listing import Found, Listing
from concertim_api.services.view.lists import Teams


class Team(types.Item):
    """A project of Keystone that is ours; roles are those of each user."""

    region = types.text
    id = types.text
    name = types.text
    label = types.prose
    description = types.prose
    enabled = types.flag
    roles = types.attributes
    cost = types.quantity
    credits = types.quantity
    billing_account_id = types.text
    updated_at = types.time


class TeamList(types.List):
    teams = [Team]


class NewTeam(types.Representation):
    """A project to be created in Keystone, with those who work in it."""

    name = types.required(types.text)
    description = types.text
    roles = types.Several(types.Record(user_id=types.text, role=types.text))
    region = types.text


class TeamRole(types.Representation):
    """What somebody is in a team: role in our words, null if none fits;
    roles are those of Keystone."""

    user_id = types.text
    user = types.prose
    role = types.text
    roles = [types.text]


class TeamRoleList(types.List):
    roles = [TeamRole]


class NewRole(types.Representation):
    """Who is to have which role."""

    user_id = types.required(types.text)
    role = types.required(types.text)
    region = types.text


class TeamsController(Controller):
    def __init__(
        self, teams: Teams, actions: TeamActions, roles: RoleActions
    ) -> None:
        self._teams = teams
        self._actions = actions
        self._roles = roles

    @expose(
        TeamList,
        policy=policies.LIST,
        filters={name: types.text for name in ("region", "name", "id")},
        sort=("id", "name", "updated_at"),
    )
    def get_all(self, context: Context, listing: Listing) -> Found:
        """List teams: the projects that have racks."""
        scope = context.scope(policies.LIST_ALL)
        return self._teams.list(scope, listing)

    @expose(Team, policy=policies.LIST, query={"region": types.text})
    def get_one(
        self, context: Context, team_id: str, region: str | None = None
    ) -> Found:
        """Show a team.

        region is needed only where the id means several.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._teams.get(scope, team_id, region)

    @expose(Team, policy=policies.CREATE, body=NewTeam, status=201)
    def post(self, context: Context, body: dict[str, Any]) -> FreshTeam:
        """Create a team: a project of Keystone, and the roles in it.

        All of it, or nothing. A team of this name that we created before is
        completed. It is in lists once an agent has seen it.
        """
        roles = [
            (one["user_id"], one["role"]) for one in body.pop("roles", ())
        ]
        return self._actions.create(context.caller(), roles=roles, **body)

    @expose(
        Operation,
        policy=policies.DELETE,
        status=202,
        or_nothing=True,
        query={"purge": types.flag, "region": types.text},
    )
    def delete(
        self,
        context: Context,
        team_id: str,
        purge: bool = False,
        region: str | None = None,
    ) -> operations.Operation | None:
        """Delete a team in which nothing is left, or purge it.

        The cloud itself is asked what is left, first: 409 names it, and 503
        the service that can't be asked; then nothing is deleted.

        With purge, an agent deletes all that is in it, and then the team:
        the answer is 202, and the operation tells how far that is. It takes
        the rule teams:purge. Without it, the answer is 204. region is needed
        only where the id means several.
        """
        if not purge:
            self._actions.delete(context.caller(), team_id, region)
            return None
        context.authorize(policies.PURGE)
        return self._actions.purge(context.caller(), team_id, region)

    @expose(
        TeamRoleList, policy=role_policies.LIST, query={"region": types.text}
    )
    def get_roles(
        self, context: Context, team_id: str, region: str | None = None
    ) -> Found:
        """List who has which role in a team.

        region is needed only where the id means several.
        """
        scope = context.scope(role_policies.LIST_ALL)
        return self._roles.list(scope, team_id, region)

    @expose(TeamRole, policy=role_policies.ASSIGN, body=NewRole)
    def post_roles(
        self, context: Context, team_id: str, body: dict[str, Any]
    ) -> AssignedRole:
        """Let somebody have a role in a team, and no other of ours.

        The new one is granted before an old one is revoked. region is
        needed only where the id means several.
        """
        caller = context.caller(role_policies.AS_SERVICE)
        scope = context.scope(role_policies.ASSIGN_ALL)
        return self._roles.assign(caller, scope, team_id, **body)

    @expose(
        policy=role_policies.ASSIGN,
        status=204,
        query={
            "user_id": types.text,
            "role": types.text,
            "region": types.text,
        },
    )
    def delete_roles(
        self,
        context: Context,
        team_id: str,
        user_id: str | None = None,
        role: str | None = None,
        region: str | None = None,
    ) -> None:
        """Take a role in a team away from somebody; without role, all.

        Those of Keystone that are none of ours stay. region is needed only
        where the id means several.
        """
        if user_id is None:
            raise Invalid("user_id", "missing")
        caller = context.caller(role_policies.AS_SERVICE)
        scope = context.scope(role_policies.ASSIGN_ALL)
        self._roles.unassign(caller, scope, team_id, user_id, role, region)
