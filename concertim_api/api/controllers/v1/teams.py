"""/v1/teams"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import teams as policies
from concertim_api.services.found import Found
from concertim_api.services.rows import Listing
from concertim_api.services.teams import Teams


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


class TeamsController(Controller):
    def __init__(self, teams: Teams) -> None:
        self._teams = teams

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
