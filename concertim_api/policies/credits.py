"""Who may see credits, and who may grant them."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:credits:list",
    base.READER,
    "List and show the credits of the caller's project.",
    "See the credits of every project.",
    "GET /v1/credits",
    "GET /v1/credits/{credit_id}",
)
GRANT, GRANT_ALL = rules.add_scoped(
    "concertim:credits:grant",
    base.ADMIN,
    "Grant credits to the account of the caller's project.",
    "Grant credits to every account.",
    "POST /v1/credits",
)
