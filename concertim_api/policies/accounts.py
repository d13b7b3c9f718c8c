"""Who may see accounts."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:accounts:list",
    base.READER,
    "List and show the account of the caller's project.",
    "See the accounts of every project.",
    "GET /v1/accounts",
    "GET /v1/accounts/{account_id}",
)
