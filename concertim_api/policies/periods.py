"""Who may see usage periods."""

from concertim_api.policies import base

LIST = "concertim:periods:list"
LIST_ALL = "concertim:periods:list_all"

_OPERATIONS = ("GET /v1/periods", "GET /v1/periods/{period_id}")

rules = [
    base.rule(
        "periods:list",
        base.READER,
        "List and show the usage periods of the caller's project.",
        *_OPERATIONS,
    ),
    base.rule(
        "periods:list_all",
        base.ADMIN,
        "See the usage periods of every project.",
        *_OPERATIONS,
    ),
]
