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
        LIST,
        base.READER,
        "Show the team of the caller's project, with the roles in it.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See every team.",
        *_OPERATIONS,
    ),
    base.rule(
        CREATE,
        base.ADMIN,
        "Create teams with the roles of users in them. Keystone may refuse "
        "it all the same.",
        "POST /v1/teams",
    ),
    base.rule(
        DELETE,
        base.ADMIN,
        "Delete empty teams.",
        "DELETE /v1/teams/{team_id}",
    ),
    base.rule(
        PURGE,
        base.ADMIN,
        "Let an agent delete teams with all that is in them, by the "
        "service's own credentials. teams:delete is needed, too.",
        "DELETE /v1/teams/{team_id}",
    ),
]
