"""Who may see usage periods."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:periods:list",
    base.READER,
    "List and show the usage periods of the caller's project.",
    "See the usage periods of every project.",
    "GET /v1/periods",
    "GET /v1/periods/{period_id}",
)
