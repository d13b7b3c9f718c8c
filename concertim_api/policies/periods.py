"""Who may see usage periods."""

from concertim_api.policies import base

rules = base.Rules()

_OPERATIONS = ("GET /v1/periods", "GET /v1/periods/{period_id}")

LIST = rules.add(
    "concertim:periods:list",
    base.READER,
    "List and show the usage periods of the caller's project.",
    *_OPERATIONS,
)
LIST_ALL = rules.add(
    "concertim:periods:list_all",
    base.ADMIN,
    "See the usage periods of every project.",
    *_OPERATIONS,
)
