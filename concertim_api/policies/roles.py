"""Who may see and change the roles of users in a team."""

from concertim_api.policies import base

LIST = "concertim:roles:list"
LIST_ALL = "concertim:roles:list_all"
ASSIGN = "concertim:roles:assign"
ASSIGN_ALL = "concertim:roles:assign_all"
AS_SERVICE = "concertim:roles:as_service"

_CHANGES = (
    "POST /v1/teams/{team_id}/roles",
    "DELETE /v1/teams/{team_id}/roles",
)

#: A manager of the team, who may not do so in Keystone.
AS_MANAGER = "rule:project_manager and not rule:admin_api"

rules = [
    base.rule(
        LIST,
        base.READER,
        "See the roles of users in the caller's team.",
        "GET /v1/teams/{team_id}/roles",
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the roles of users in every team.",
        "GET /v1/teams/{team_id}/roles",
    ),
    base.rule(
        ASSIGN,
        base.MANAGER,
        "Change the roles of users in the caller's team: only roles that "
        "``[operations] team_roles`` names.",
        *_CHANGES,
    ),
    base.rule(
        ASSIGN_ALL,
        base.ADMIN,
        "Change the roles of users in every team.",
        *_CHANGES,
    ),
    base.rule(
        AS_SERVICE,
        AS_MANAGER,
        "Do so with the service's own credentials, because Keystone lets "
        "administrators only. Without this rule the caller's token is used.",
        *_CHANGES,
    ),
]
