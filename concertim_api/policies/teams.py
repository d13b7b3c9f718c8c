"""Who may see teams, and create and delete them."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:teams:list",
    base.READER,
    "Show the team of the caller's project, with the roles in it.",
    "See every team.",
    "GET /v1/teams",
    "GET /v1/teams/{team_id}",
)
CREATE = rules.add(
    "concertim:teams:create",
    base.ADMIN,
    "Create teams with the roles of users in them. Keystone may refuse "
    "it all the same.",
    "POST /v1/teams",
)
DELETE = rules.add(
    "concertim:teams:delete",
    base.ADMIN,
    "Delete empty teams.",
    "DELETE /v1/teams/{team_id}",
)
PURGE = rules.add(
    "concertim:teams:purge",
    base.ADMIN,
    "Let an agent delete teams with all that is in them, by the "
    "service's own credentials. teams:delete is needed, too.",
    "DELETE /v1/teams/{team_id}",
)
