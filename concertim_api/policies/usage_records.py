"""Who may see what each day was charged."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:usage_records:list",
    base.READER,
    "List the daily records of the caller's project.",
    "See the daily records of every project.",
    "GET /v1/usage-records",
)
