"""Who may see the regions."""

from concertim_api.policies import base

LIST = "concertim:regions:list"
LIST_ALL = "concertim:regions:list_all"

rules = [
    base.rule(
        LIST,
        base.READER,
        "List the regions, and the time of the newest observation of each.",
        "GET /v1/regions",
    ),
    base.rule(
        LIST_ALL,
        base.ADMIN,
        "See how many resources each region has.",
        "GET /v1/regions",
    ),
]
