"""Who may see users, and create, change and delete them."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:users:list",
    base.READER,
    "List and show the users with a role in the caller's project.",
    "See every user.",
    "GET /v1/users",
    "GET /v1/users/{user_id}",
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
