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
from concertim_api.services.accounts.answers import TeamAnswer
from concertim_api.services.accounts.roles import RoleActions
from concertim_api.services.accounts.roles import TeamRole as AssignedRole
from concertim_api.services.accounts.teams import TeamActions
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.view.lists import Teams


class Team(types.Item):
    """A project of Keystone that has racks; roles has those of each user."""

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
    """A project to be created in Keystone, with the roles of its users."""

    name = types.required(types.text)
    description = types.text
    roles = types.Several(types.Record(user_id=types.text, role=types.text))
    region = types.text


class TeamRole(types.Representation):
    """The role of a user in a team. role is ours, null if none fits; roles
    are those of Keystone."""

    user_id = types.text
    user = types.prose
    role = types.text
    roles = [types.text]


class TeamRoleList(types.List):
    roles = [TeamRole]


class NewRole(types.Representation):
    """The role that a user is to have."""

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
        filters=types.texts("region", "name", "id"),
        sort=("id", "name", "updated_at"),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List teams: the projects that have racks."""
        scope = context.scope(policies.LIST_ALL)
        return self._teams.list(scope, listing)

    @expose(Team, policy=policies.LIST, query={"region": types.text})
    def get_one(
        self, context: Context, team_id: str, region: str | None = None
    ) -> Page:
        """Show a team.

        region is needed only where several regions have the id.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._teams.get(scope, team_id, region)

    @expose(Team, policy=policies.CREATE, body=NewTeam, status=201)
    def post(self, context: Context, body: dict[str, Any]) -> TeamAnswer:
        """Create a team: a project of Keystone, and the roles in it.

        All of it is created, or nothing. A team of this name that this
        service created before gets what it lacks. The team is in lists once
        an agent has seen it.
        """
        roles = [
            (role["user_id"], role["role"]) for role in body.pop("roles", ())
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
        """Delete an empty team, or purge a team.

        First the cloud is asked what is left in the team. 409 names what is
        left, and 503 a service that can't be asked; then nothing is deleted.

        With purge, an agent deletes all that is in the team, and then the
        team: the answer is 202, and the operation shows the progress. That
        takes the rule teams:purge. Without purge, the answer is 204. region
        is needed only where several regions have the id.
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
    ) -> Page:
        """List the roles of users in a team.

        region is needed only where several regions have the id.
        """
        scope = context.scope(role_policies.LIST_ALL)
        return self._roles.list(scope, team_id, region)

    @expose(TeamRole, policy=role_policies.ASSIGN, body=NewRole)
    def post_roles(
        self, context: Context, team_id: str, body: dict[str, Any]
    ) -> AssignedRole:
        """Give a user one of our roles in a team, and take the others.

        The new role is granted before an old one is revoked. region is
        needed only where several regions have the id.
        """
        caller = context.caller(role_policies.AS_SERVICE)
        scope = context.scope(role_policies.ASSIGN_ALL)
        return self._roles.assign(caller, scope, team_id, **body)

    @expose(
        policy=role_policies.ASSIGN,
        status=204,
        query=types.texts("user_id", "role", "region"),
    )
    def delete_roles(
        self,
        context: Context,
        team_id: str,
        user_id: str | None = None,
        role: str | None = None,
        region: str | None = None,
    ) -> None:
        """Take a role in a team from a user; without role, all of ours.

        Other roles of Keystone stay. region is needed only where several
        regions have the id.
        """
        if user_id is None:
            raise Invalid("user_id", "missing")
        caller = context.caller(role_policies.AS_SERVICE)
        scope = context.scope(role_policies.ASSIGN_ALL)
        self._roles.unassign(caller, scope, team_id, user_id, role, region)
