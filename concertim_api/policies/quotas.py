"""Who may see quotas."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:quotas:list",
    base.READER,
    "See the quotas of the caller's project. The cloud is asked with the "
    "caller's token.",
    "See the quotas of every project. The cloud may refuse it all the same.",
    "GET /v1/quotas",
)
