"""Who may see usage periods."""

from concertim_api.policies import base

LIST = "concertim:periods:list"
LIST_ALL = "concertim:periods:list_all"

_OPERATIONS = ("GET /v1/periods", "GET /v1/periods/{period_id}")

rules = [
    base.rule(
        LIST,
        base.READER,
        "List and show the usage periods of the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See the usage periods of every project.",
        *_OPERATIONS,
    ),
]
