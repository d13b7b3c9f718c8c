"""Who may see teams, and create and delete them."""

from concertim_api.policies import base

LIST = "concertim:teams:list"
LIST_ALL = "concertim:teams:list_all"
CREATE = "concertim:teams:create"
DELETE = "concertim:teams:delete"
PURGE = "concertim:teams:purge"

_OPERATIONS = (
    "GET /v1/teams",
    "GET /v1/teams/{team_id}",
)

rules = [
    base.rule(
        "teams:list",
        base.READER,
        "Show the team of the caller's project, with the roles in it.",
        *_OPERATIONS,
    ),
    base.rule(
        "teams:list_all",
        base.ADMIN,
        "See every team.",
        *_OPERATIONS,
    ),
    base.rule(
        "teams:create",
        base.ADMIN,
        "Create teams, and say who has which role in them. Whether Keystone "
        "lets the caller is another question.",
        "POST /v1/teams",
    ),
    base.rule(
        "teams:delete",
        base.ADMIN,
        "Delete teams in which nothing is left.",
        "DELETE /v1/teams/{team_id}",
    ),
    base.rule(
        "teams:purge",
        base.ADMIN,
        "Have an agent delete teams with all that is in them, by the "
        "service's own credentials. It takes teams:delete, too.",
        "DELETE /v1/teams/{team_id}",
    ),
]
