"""Who may see and change the roles of users in a team."""

from concertim_api.policies import base

rules = base.Rules()

_CHANGES = (
    "POST /v1/teams/{team_id}/roles",
    "DELETE /v1/teams/{team_id}/roles",
)

#: A manager of the team, who may not do so in Keystone.
AS_MANAGER = "rule:project_manager and not rule:admin_api"

LIST, LIST_ALL = rules.add_scoped(
    "concertim:roles:list",
    base.READER,
    "See the roles of users in the caller's team.",
    "See the roles of users in every team.",
    "GET /v1/teams/{team_id}/roles",
)
ASSIGN, ASSIGN_ALL = rules.add_scoped(
    "concertim:roles:assign",
    base.MANAGER,
    "Change the roles of users in the caller's team: only roles that "
    "``[operations] team_roles`` names.",
    "Change the roles of users in every team.",
    *_CHANGES,
)
AS_SERVICE = rules.add(
    "concertim:roles:as_service",
    AS_MANAGER,
    "Do so with the service's own credentials, because Keystone lets "
    "administrators only. Without this rule the caller's token is used.",
    *_CHANGES,
)
