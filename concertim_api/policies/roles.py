"""Who may see and say who has which role in a team."""

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

#: Who manages the team, and could not do it in Keystone.
AS_MANAGER = "rule:project_manager and not rule:admin_api"

rules = [
    base.rule(
        "roles:list",
        base.READER,
        "See who has which role in the caller's team.",
        "GET /v1/teams/{team_id}/roles",
    ),
    base.rule(
        "roles:list_all",
        base.ADMIN,
        "See who has which role in every team.",
        "GET /v1/teams/{team_id}/roles",
    ),
    base.rule(
        "roles:assign",
        base.MANAGER,
        "Say who has which role in the caller's team: roles that "
        "``[operations] team_roles`` names, and no other.",
        *_CHANGES,
    ),
    base.rule(
        "roles:assign_all",
        base.ADMIN,
        "Say who has which role in every team.",
        *_CHANGES,
    ),
    base.rule(
        "roles:as_service",
        AS_MANAGER,
        "Have that done with the service's own credentials, for Keystone "
        "lets administrators only. Who may not, acts with the own token.",
        *_CHANGES,
    ),
]
