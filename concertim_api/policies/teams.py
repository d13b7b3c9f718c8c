"""Who may see teams."""

from concertim_api.policies import base

LIST = "concertim:teams:list"
LIST_ALL = "concertim:teams:list_all"

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
]
