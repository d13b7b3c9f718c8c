"""Who may see quotas."""

from concertim_api.policies import base

LIST = "concertim:quotas:list"
LIST_ALL = "concertim:quotas:list_all"

rules = [
    base.rule(
        LIST,
        base.READER,
        "See the quotas of the caller's project. The cloud is asked with the "
        "caller's token.",
        "GET /v1/quotas",
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the quotas of every project. The cloud may refuse it all the "
        "same.",
        "GET /v1/quotas",
    ),
]
