"""Who may see quotas."""

from concertim_api.policies import base

LIST = "concertim:quotas:list"
LIST_ALL = "concertim:quotas:list_all"

rules = [
    base.rule(
        "quotas:list",
        base.READER,
        "See the quotas of the caller's project. The cloud is asked with the "
        "caller's token.",
        "GET /v1/quotas",
    ),
    base.rule(
        "quotas:list_all",
        base.ADMIN,
        "See the quotas of every project. Whether the cloud lets the caller "
        "is another question.",
        "GET /v1/quotas",
    ),
]
