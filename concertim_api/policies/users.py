"""Who may see users."""

from concertim_api.policies import base

LIST = "concertim:users:list"
LIST_ALL = "concertim:users:list_all"

_OPERATIONS = (
    "GET /v1/users",
    "GET /v1/users/{user_id}",
)

rules = [
    base.rule(
        "users:list",
        base.READER,
        "List and show those who have a role in the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        "users:list_all",
        base.ADMIN,
        "See every user.",
        *_OPERATIONS,
    ),
]
