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
    base.rule(
        "users:create",
        base.ADMIN,
        "Create users. Whether Keystone lets the caller is another question.",
        "POST /v1/users",
    ),
    base.rule(
        "users:update",
        base.ADMIN,
        "Change the e-mail address and the password of users that we "
        "created, and whether they may log in.",
        "PATCH /v1/users/{user_id}",
    ),
    base.rule(
        "users:delete",
        base.ADMIN,
        "Delete users that we created.",
        "DELETE /v1/users/{user_id}",
    ),
]
