"""Who may see users, and create, change and delete them."""

from concertim_api.policies import base

LIST = "concertim:users:list"
LIST_ALL = "concertim:users:list_all"
CREATE = "concertim:users:create"
UPDATE = "concertim:users:update"
DELETE = "concertim:users:delete"

_OPERATIONS = (
    "GET /v1/users",
    "GET /v1/users/{user_id}",
)

rules = [
    base.rule(
        LIST,
        base.READER,
        "List and show the users with a role in the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See every user.",
        *_OPERATIONS,
    ),
    base.rule(
        CREATE,
        base.ADMIN,
        "Create users. Keystone may refuse it all the same.",
        "POST /v1/users",
    ),
    base.rule(
        UPDATE,
        base.ADMIN,
        "Change the e-mail address and password of users that this service "
        "created, and disable or enable them.",
        "PATCH /v1/users/{user_id}",
    ),
    base.rule(
        DELETE,
        base.ADMIN,
        "Delete users that this service created.",
        "DELETE /v1/users/{user_id}",
    ),
]
