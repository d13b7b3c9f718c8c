"""Who may see users, and create, change and delete them."""

from concertim_api.policies import base

rules = base.Rules()

_OPERATIONS = (
    "GET /v1/users",
    "GET /v1/users/{user_id}",
)

LIST = rules.add(
    "concertim:users:list",
    base.READER,
    "List and show the users with a role in the caller's project.",
    *_OPERATIONS,
)
LIST_ALL = rules.add(
    "concertim:users:list_all",
    base.ADMIN,
    "See every user.",
    *_OPERATIONS,
)
CREATE = rules.add(
    "concertim:users:create",
    base.ADMIN,
    "Create users. Keystone may refuse it all the same.",
    "POST /v1/users",
)
UPDATE = rules.add(
    "concertim:users:update",
    base.ADMIN,
    "Change the e-mail address and password of users that this service "
    "created, and disable or enable them.",
    "PATCH /v1/users/{user_id}",
)
DELETE = rules.add(
    "concertim:users:delete",
    base.ADMIN,
    "Delete users that this service created.",
    "DELETE /v1/users/{user_id}",
)
